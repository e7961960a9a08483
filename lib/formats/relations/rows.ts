import { BitWriter, bitWords, readBits } from '../../encodings/bits.ts'
import { type BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

const how = { bits: 0, rows: 1, words: 2 } as const
const wordLength = 4
/** Words are tried on so many rows before they are tried on all. */
const sampleRows = 4096

/** Rows of `width` bytes, one after another: ids, random digits, doubles. Bits that never change are stored once. */
export function writeRows(body: BodyWriter, part: string, rows: Uint8Array, width: number): void {
  const count = rows.length / width
  if (count === 0) return
  const masks = changingBits(rows, width)
  body.bytes(part, masks)
  body.bytes(part, rows.subarray(0, width))
  if (masks.every(mask => mask === 0)) return
  const candidates = [
    (to: BodyWriter) => writeMasked(to, part, rows, masks),
    (to: BodyWriter) => {
      to.number(how.rows)
      to.bytes(part, Uint8Array.from(rows))
    },
  ]
  if (width % wordLength === 0 && count > 1 && maySaveInWords(rows, masks, count))
    candidates.push(to => writeWords(to, part, rows, width))
  body.choose(candidates)
}

export function readRows(body: BodyReader, part: string, count: number, width: number): Buffer {
  if (count === 0) return Buffer.alloc(0)
  const masks = body.bytes(part, width)
  const first = body.bytes(part, width)
  const rows = Buffer.alloc(count * width)
  for (let at = 0; at < rows.length; at += width) rows.set(first, at)
  if (masks.every(mask => mask === 0)) return rows
  const encoding = body.number(how.words)
  if (encoding === how.rows) return body.bytes(part, count * width)
  if (encoding === how.words) readWords(body, part, rows, width)
  else readMasked(body, part, rows, masks)
  return rows
}

function changingBits(rows: Uint8Array, width: number): Uint8Array {
  const masks = new Uint8Array(width)
  for (let at = 0; at < rows.length; at += width) for (let i = 0; i < width; i++) masks[i]! |= rows[at + i]! ^ rows[i]!
  return masks
}

function bitCountOf(masks: Uint8Array): number {
  let count = 0
  for (const mask of masks) for (let bits = mask; bits > 0; bits >>= 1) count += bits & 1
  return count
}

/** The bits of each byte under its mask, from the lowest. */
function writeMasked(body: BodyWriter, part: string, rows: Uint8Array, masks: Uint8Array): void {
  const width = masks.length
  const gathers = Array.from(masks, gatherTable)
  const counts = Array.from(masks, mask => bitCountOf(Uint8Array.of(mask)))
  const bits = new BitWriter((rows.length / width) * bitCountOf(masks))
  for (let at = 0; at < rows.length; at += width)
    for (let i = 0; i < width; i++) bits.write(gathers[i]![rows[at + i]!]!, counts[i]!)
  body.number(how.bits)
  body.bytes(part, bits.finish(), true)
}

function readMasked(body: BodyReader, part: string, rows: Uint8Array, masks: Uint8Array): void {
  const width = masks.length
  const counts = Array.from(masks, mask => bitCountOf(Uint8Array.of(mask)))
  const scatters = Array.from(masks, scatterTable)
  const words = bitWords(body.bytes(part, Math.ceil(((rows.length / width) * bitCountOf(masks)) / 8)))
  for (let row = 0, at = 0; row < rows.length; row += width)
    for (let i = 0; i < width; at += counts[i++]!)
      rows[row + i] = (rows[row + i]! & ~masks[i]!) | scatters[i]![readBits(words, at, counts[i]!)]!
}

/** By byte: the bits under the mask, moved together. */
function gatherTable(mask: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    let [gathered, count] = [0, 0]
    for (let bit = 0; bit < 8; bit++) if ((mask >> bit) & 1) gathered |= ((byte >> bit) & 1) << count++
    return gathered
  })
}

/** By the bits together: the byte with them under the mask. */
function scatterTable(mask: number): Uint8Array {
  const scattered = new Uint8Array(256)
  for (const [byte, gathered] of gatherTable(mask).entries()) if ((byte & ~mask) === 0) scattered[gathered] = byte
  return scattered
}

/** Words of four bytes, the first the highest, each position as numbers: counters become differences. */
function writeWords(body: BodyWriter, part: string, rows: Uint8Array, width: number): void {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  body.number(how.words)
  for (let place = 0; place < width; place += wordLength) writeNumbers(body, part, wordsAt(view, place, width))
}

function wordsAt(view: DataView, place: number, width: number): Float64Array {
  const words = new Float64Array(view.byteLength / width)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * width + place)
  return words
}

/** Whether the first rows take fewer bytes as words than as bits; few rows are always tried. */
function maySaveInWords(rows: Uint8Array, masks: Uint8Array, count: number): boolean {
  if (count <= 2 * sampleRows) return true
  const sample = new BodyWriter()
  writeWords(sample, '', rows.subarray(0, sampleRows * masks.length), masks.length)
  return sample.cost < (sampleRows * bitCountOf(masks)) / 8
}

function readWords(body: BodyReader, part: string, rows: Buffer, width: number): void {
  const count = rows.length / width
  for (let place = 0; place < width; place += wordLength) {
    const words = readNumbers(body, part, count)
    for (let i = 0; i < count; i++) {
      if (!(words[i]! >= 0 && words[i]! < 2 ** 32)) body.fail(`a word of ${words[i]}`)
      rows.writeUInt32BE(words[i]!, i * width + place)
    }
  }
}
