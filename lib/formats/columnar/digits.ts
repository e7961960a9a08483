import { RangeDecoder, RangeEncoder } from '../../encodings/entropy.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { checkUniform } from './modelled.ts'
import { readText, writeText } from './texts.ts'

/**
 * What strings of one length share: by position, the smallest digit and how many values there are. Positions
 * vary within 0-9 and a-f only (the digits of ids, of hashes, of numbers with leading zeros) or not at all.
 */
export interface DigitPattern {
  /** The characters where they do not vary, a 0 where they do. */
  readonly template: string
  readonly places: readonly DigitPlace[]
}

interface DigitPlace {
  readonly at: number
  readonly least: number
  readonly count: number
}

const maxLength = 256

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}

/** The pattern of strings, or undefined where they do not fit one. */
export function findPattern(values: readonly string[]): DigitPattern | undefined {
  const first = values[0]!
  const { length } = first
  if (length === 0 || length > maxLength) return undefined
  const isVarying = new Uint8Array(length)
  const least = new Uint8Array(length).fill(15)
  const most = new Uint8Array(length)
  for (const value of values) {
    if (value.length !== length) return undefined
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at)
      const digit = digitOf(code)
      if (code !== first.charCodeAt(at)) isVarying[at] = 1
      if (digit < 0) {
        if (isVarying[at] === 1 || code > 0x7e) return undefined
        // A position that turns out to vary later has this character among its own, which is not a digit.
        most[at] = 255
        continue
      }
      if (most[at] === 255) return undefined
      if (digit < least[at]!) least[at] = digit
      if (digit > most[at]!) most[at] = digit
    }
  }
  const places: DigitPlace[] = []
  let template = ''
  for (let at = 0; at < length; at++) {
    template += isVarying[at] === 1 ? '0' : first[at]
    if (isVarying[at] === 1) places.push({ at, least: least[at]!, count: most[at]! - least[at]! + 1 })
  }
  return { template, places }
}

/** The bits that a value of this pattern takes. */
export function patternBits({ places }: DigitPattern): number {
  return places.reduce((bits, { count }) => bits + Math.log2(count), 0)
}

/** Places taken together, so that a value is few numbers: `count` values of all its places as one number. */
interface Chunk {
  places: DigitPlace[]
  total: number
}

function chunksOf(places: readonly DigitPlace[]): Chunk[] {
  const chunks: Chunk[] = []
  for (const place of places) {
    const last = chunks.at(-1)
    if (last && last.total * place.count <= 2 ** 16) {
      last.places.push(place)
      last.total *= place.count
    } else chunks.push({ places: [place], total: place.count })
  }
  return chunks
}

/** The digits of all values, each place in as many bits as it needs. */
function encodeDigits(values: readonly string[], { places }: DigitPattern): Buffer {
  const chunks = chunksOf(places)
  const encoder = new RangeEncoder(values.length * (places.length >> 1))
  for (const value of values)
    for (const { places, total } of chunks) {
      let number = 0
      for (const { at, least, count } of places) number = number * count + digitOf(value.charCodeAt(at)) - least
      encoder.uniform(number, total)
    }
  return encoder.finish()
}

function decodeDigits(bytes: Uint8Array, valueCount: number, pattern: DigitPattern): string[] {
  const decoder = new RangeDecoder(bytes)
  checkUniform(bytes, valueCount, patternBits(pattern))
  const chunks = chunksOf(pattern.places)
  const text = Buffer.from(pattern.template, 'latin1')
  const values: string[] = []
  for (let i = 0; i < valueCount; i++) {
    for (const { places, total } of chunks) {
      let number = decoder.uniform(total)
      for (let j = places.length - 1; j >= 0; j--) {
        const { at, least, count } = places[j]!
        const digit = (number % count) + least
        text[at] = digit < 10 ? 0x30 + digit : 0x57 + digit
        number = (number / count) | 0
      }
    }
    values.push(text.toString('latin1'))
  }
  decoder.end()
  return values
}

/** Writes the pattern to the head and the digits as a blob. */
export function writeDigits(writer: ColumnWriter, values: readonly string[], pattern: DigitPattern): void {
  const { head } = writer
  writeText(writer, pattern.template)
  head.varint(pattern.places.length)
  let last = 0
  for (const { at, least, count } of pattern.places) {
    head.varint(at - last)
    head.u8((least << 4) | (count - 1))
    last = at
  }
  writer.blob(encodeDigits(values, pattern))
}

export function readDigits(reader: ColumnReader, name: string, count: number): string[] {
  const pattern = readPattern(reader, name)
  return reader.blob(`${name}: digits`, bytes => decodeDigits(bytes, count, pattern))
}

function readPattern(reader: ColumnReader, name: string): DigitPattern {
  const { head } = reader
  const template = readText(reader)
  if (template.length > maxLength || /[^\0-~]/.test(template))
    head.fail('corrupt', `${name}: a template of ${template.length} characters, or beyond ASCII`)
  let last = -1
  const places = Array.from({ length: head.count(2) }, (_, i) => {
    const at = head.varint() + (i === 0 ? 0 : last)
    const packed = head.u8()
    const place = { at, least: packed >> 4, count: (packed & 15) + 1 }
    if (at <= last || at >= template.length || place.count < 2 || place.least + place.count > 16)
      head.fail('corrupt', `${name}: ${place.count} digits from ${place.least} at ${at} of ${template.length}`)
    last = at
    return place
  })
  return places.length > 0 ? { template, places } : head.fail('corrupt', `${name}: a pattern without digits`)
}
