import { growingCodes } from '../bytes/growing.ts'
import { spanIdDigits } from '../model/trace.ts'

/** By character: the hex digit that it is in lower case, or 16. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return digit < 0 ? 16 : digit
})

/** The ids of spans while they come in: whole ones as numbers of 64 bits, any others as they are. */
export class SpanIds {
  /** Two a row: the upper half and the lower one. */
  readonly halves = growingCodes()
  /** By row: what is not 16 lower-case hex digits; its halves are 0. */
  readonly others = new Map<number, string>()

  get length(): number {
    return this.halves.length / 2
  }

  push(id: string): void {
    const isWhole = id.length === spanIdDigits && this.#pushDigits(id)
    if (isWhole) return
    this.others.set(this.length, id)
    this.pushHalves(0, 0)
  }

  /** Adds a whole id. */
  pushHalves(high: number, low: number): void {
    this.halves.push(high)
    this.halves.push(low)
  }

  /** The ids of all rows. */
  texts(): string[] {
    return idTexts({ halves: this.halves.view(), others: this.others })
  }

  /** Adds an id if all of it are hex digits. */
  #pushDigits(id: string): boolean {
    let [high, low, worst] = [0, 0, 0]
    for (let i = 0; i < spanIdDigits; i++) {
      const digit = digits[id.charCodeAt(i)] ?? 16
      worst |= digit
      high = (high << 4) | (low >>> 28)
      low = (low << 4) | digit
    }
    if (worst > 15) return false
    this.pushHalves(high, low)
    return true
  }
}

/** The ids of all rows, of which these are the halves, or what else they are. */
export function idTexts({ halves, others }: { halves: Uint32Array; others: ReadonlyMap<number, string> }): string[] {
  const texts = textsOf(bytesOf(halves))
  for (const [row, id] of others) texts[row] = id
  return texts
}

/** Of a whole id. */
export const bytesPerId: number = spanIdDigits / 2

/** The bytes of ids, of two halves each. */
export function bytesOf(halves: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(halves.length * 4)
  for (let i = 0; i < halves.length; i++) bytes.writeUInt32BE(halves[i]!, 4 * i)
  return bytes
}

/** Whole ids by their bytes. */
export function textsOf(bytes: Buffer): string[] {
  const hex = bytes.toString('hex')
  const texts = new Array<string>(bytes.length / bytesPerId)
  for (let row = 0; row < texts.length; row++) texts[row] = hex.slice(row * spanIdDigits, (row + 1) * spanIdDigits)
  return texts
}

export function hexAt(bytes: Buffer, row: number): string {
  return bytes.toString('hex', row * bytesPerId, (row + 1) * bytesPerId)
}
