import { checksum } from '../../bytes/checksum.ts'
import { growingCodes } from '../../bytes/growing.ts'
import { hashText, mix32 } from '../../bytes/hash.ts'
import type { RangeReader } from '../../bytes/range.ts'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { getOrInsert } from '../../maps.ts'
import { spanIdDigits } from '../../model/trace.ts'
import { isNoSpanId } from '../../model/trace-id.ts'
import { checkSum, placeOf, readWindow } from '../../wire/framing.ts'

/**
 * Span ids that are not in the file: each follows from the id of its trace, the position in it and the file's salt.
 * Links follow by the list of links at the end of the file: it has those that name such a span, and its position.
 */

/** Gives derived ids; no two positions of a trace have the same. */
export class DerivedIds {
  readonly #salt: number
  readonly #base = new Uint32Array(2)
  #traceId: string | undefined

  constructor(salt: number) {
    this.#salt = salt
  }

  /** 16 digits. */
  idAt(traceId: string, position: number): string {
    if (traceId !== this.#traceId) hashText(traceId, this.#base, 0, this.#salt)
    this.#traceId = traceId
    const low = mix32(this.#base[0]! + position)
    const high = mix32(this.#base[1]! ^ low)
    return hex(high) + hex(low)
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** What an encoder remembers of all spans to find what links name, also in segments to come: 8 bytes a span, and the ids of traces. */
export class LinkTargets {
  readonly #traces = new Map<string, { start: number; end: number }>()
  /** By span: its id in halves, zeros where it is not derived. */
  readonly #halves = growingCodes()
  /** Of traces that links name: positions by id. */
  readonly #positions = new Map<string, Map<string, number>>()
  readonly #pending: { link: number; traceId: string; spanId: string }[] = []
  readonly #found: [link: number, position: number][] = []
  readonly #salt: number
  #linkCount = 0

  constructor(salt: number) {
    this.#salt = salt
  }

  /** Adds the spans of a trace: for each its id where it is derived. */
  addTrace(traceId: string, ids: readonly (string | undefined)[]): void {
    const start = this.#halves.length / 2
    for (const id of ids) {
      this.#halves.push(id === undefined ? 0 : Number.parseInt(id.slice(0, 8), 16))
      this.#halves.push(id === undefined ? 0 : Number.parseInt(id.slice(8), 16))
    }
    this.#traces.set(traceId, { start, end: start + ids.length })
  }

  /** Adds the next link of the file: true where it names a derived span that is known already. */
  addLink(traceId: string, spanId: string): boolean {
    const link = this.#linkCount++
    const position = this.#find(traceId, spanId)
    if (position === undefined) this.#pending.push({ link, traceId, spanId })
    else this.#found.push([link, position])
    return position !== undefined
  }

  /** The list of links that ends the file. */
  finish(): Buffer {
    for (const { link, traceId, spanId } of this.#pending) {
      const position = this.#find(traceId, spanId)
      if (position !== undefined) this.#found.push([link, position])
    }
    this.#found.sort(([a], [b]) => a - b)
    const writer = new ByteWriter(64)
    writer.varint(this.#found.length)
    let next = 0
    for (const [link, position] of this.#found) {
      writer.varint(link - next)
      writer.varint(position)
      next = link + 1
    }
    const sum = checksum(writer.view(), this.#salt)
    writer.u32(writer.length)
    writer.u32(sum)
    return writer.take()
  }

  #find(traceId: string, spanId: string): number | undefined {
    const spans = this.#traces.get(traceId)
    if (spans === undefined || spanId.length !== spanIdDigits || isNoSpanId(spanId)) return undefined
    return getOrInsert(this.#positions, traceId, () => this.#positionsOf(spans)).get(spanId)
  }

  #positionsOf({ start, end }: { start: number; end: number }): Map<string, number> {
    const positions = new Map<string, number>()
    for (let row = start; row < end; row++)
      positions.set(hex(this.#halves.at(row * 2)) + hex(this.#halves.at(row * 2 + 1)), row - start)
    return positions
  }
}

/** Links by their number in the file, and the positions of the derived spans that they name. */
export type LinkPositions = ReadonlyMap<number, number>

const trailerBytes = 8
const subject = 'columnar list of links'

/** Reads the list that ends a file, and where it begins; its checksum is of the salt too. */
export async function readLinkList(file: RangeReader, salt: number): Promise<{ links: LinkPositions; start: number }> {
  const end = file.byteLength - trailerBytes
  const trailer = await readWindow(file, Math.max(0, end), file.byteLength, subject)
  const [byteLength, sum] = [trailer.u32(), trailer.u32()]
  if (byteLength > end) trailer.fail('corrupt', `${byteLength} bytes in a file of ${file.byteLength}`)
  const start = end - byteLength
  const [bytes] = await file.read([{ start, end }])
  checkSum(bytes!, sum, subject, start, salt)
  const reader = new ByteReader(bytes!, subject, start)
  const links = new Map<number, number>()
  let next = 0
  for (let left = reader.count(2); left > 0; left--) {
    const link = next + reader.varint()
    links.set(link, reader.varint())
    next = link + 1
  }
  reader.end()
  return { links, start }
}

/** Fails where the list names links that the file does not have. */
export function checkLinkList(links: LinkPositions, linkCount: number, start: number): void {
  const last = [...links.keys()].at(-1) ?? -1
  if (last >= linkCount) placeOf(subject, start).fail('corrupt', `link ${last} of ${linkCount}`)
}
