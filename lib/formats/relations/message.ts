import { Packr, Unpackr } from 'msgpackr'
import { LabError } from '../../error.ts'

/** An item of a message: a whole number up to 2^53 - 1 in magnitude, a well-formed string or bytes. */
export type Item = number | string | Uint8Array

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false })

/** Bytes after the first one of an item of fixed length, by that first byte. */
const fixedLengths: Readonly<Record<number, number>> = {
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  208: 1,
  209: 2,
  210: 4,
}
/** Bytes of the length of a byte string or string, by the first byte. */
const lengthBytes: Readonly<Record<number, number>> = { 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 }

/** One flat MessagePack array of the items. */
export function packItems(items: readonly Item[]): Buffer {
  // msgpackr hands out a view on a pool that the next call writes to.
  return Buffer.from(packr.pack(items))
}

/**
 * The items of one flat MessagePack array that fills `bytes`. Its structure is checked first, so that no length in it
 * is trusted: anything but integers, doubles, strings and byte strings is refused.
 */
export function unpackItems(bytes: Uint8Array, subject: string): Item[] {
  checkItems(bytes, subject)
  try {
    return unpackr.unpack(bytes) as Item[]
  } catch (cause) {
    throw new LabError('corrupt', `${subject}: no MessagePack: ${(cause as Error).message}`, { cause })
  }
}

function checkItems(bytes: Uint8Array, subject: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { count, end } = arrayHead(view, subject)
  let at = end
  for (let i = 0; i < count; i++) {
    if (at >= bytes.length)
      throw new LabError('corrupt', `${subject}: says ${count} items, ${i} are in ${bytes.length} bytes`)
    at += itemLength(view, at, subject)
  }
  if (at !== bytes.length)
    throw new LabError('corrupt', `${subject}: ${count} items take ${at} bytes, ${bytes.length} are there`)
}

function arrayHead(view: DataView, subject: string): { count: number; end: number } {
  const first = view.byteLength > 0 ? view.getUint8(0) : 0
  if (first >> 4 === 9) return { count: first & 15, end: 1 }
  if (first === 0xdc && view.byteLength >= 3) return { count: view.getUint16(1), end: 3 }
  if (first === 0xdd && view.byteLength >= 5) return { count: view.getUint32(1), end: 5 }
  throw new LabError('corrupt', `${subject}: not an array of items`)
}

/** The length of the item that begins at `at`; the caller checks what follows it. */
function itemLength(view: DataView, at: number, subject: string): number {
  const first = view.getUint8(at)
  if (first < 0x80 || first >= 0xe0) return 1
  if (first >= 0xa0 && first < 0xc0) return 1 + (first & 31)
  const fixed = fixedLengths[first]
  if (fixed !== undefined) return 1 + fixed
  const width = lengthBytes[first]
  if (width === undefined || at + width >= view.byteLength)
    throw new LabError('corrupt', `${subject}: byte ${at}: no item of type ${first.toString(16)} is allowed here`)
  return (
    1 + width + (width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1))
  )
}
