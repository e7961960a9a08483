import { bufferOf } from '../../bytes/buffer.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { packStrings, unpackStrings } from '../strings.ts'
import {
  decodeDecimalTemplate,
  decodeHexTemplate,
  encodeDecimalTemplate,
  encodeHexTemplate,
  findTemplate,
  type HexTemplate,
  type Template,
} from '../template.ts'
import { checkTextBytes, maxTextBytes, readTextOf, writeTextTo } from '../texts.ts'
import { bigintsOf, wordsOf } from '../words.ts'
import { writeNumbers } from './numbers.ts'
import { readNumbers } from './numbers-reader.ts'
import type { PageReader, PageWriter } from './page.ts'

/** Pages of strings: plain, or the digits by which they differ (FORMAT.md of blockpack, Strings). */

const layouts = { plain: 0, hex: 1, decimal: 2 } as const

/** Numbers of a decimal template are stored as numbers below this. */
const numberLimit = 2 ** 52
/** The maximum number of digits in a hex template. */
const maxTemplateLength = 1024

/**
 * Writes strings. Binary ones have a byte a character. `tries` is false where templates need not be looked for; returned
 * is whether one was found.
 */
export function writeStrings(writer: PageWriter, strings: readonly string[], isBinary: boolean, tries = true): boolean {
  if (strings.length === 0) return tries
  const digits = tries && !isBinary ? hexBytes(strings) : undefined
  if (digits) {
    writeHex(writer, digits, strings[0]!.length / 2)
    return true
  }
  const template = tries && !isBinary ? usableTemplate(strings) : undefined
  if (!template) writePlain(writer, strings, isBinary)
  else if (template.template.digits === 'decimal') {
    writer.out.u8(layouts.decimal)
    writeText(writer, template.template.prefix)
    writeText(writer, template.template.suffix)
    writeNumbers(writer, template.numbers!)
  } else {
    writer.out.u8(layouts.hex)
    writeHexTemplate(writer, template.template)
    writer.bytes(encodeHexTemplate(strings, template.template))
  }
  return template !== undefined
}

/** Writes strings of `width` bytes each in hex, which differ everywhere. */
export function writeHex(writer: PageWriter, bytes: Uint8Array, width: number): void {
  writer.out.u8(layouts.hex)
  writeHexTemplate(writer, { digits: 'hex', literals: ['', ''], widths: [2 * width] })
  writer.bytes(bytes)
}

/** Rows `[start, start + count)` of a page: where they are given, the strings of others may be empty. */
export interface WantedRows {
  readonly start: number
  readonly count: number
}

/** Reads `count` strings. */
export function readStrings(reader: PageReader, count: number, isBinary: boolean, wanted?: WantedRows): string[] {
  if (count === 0) return []
  const layout = reader.in.u8()
  if (isBinary && layout !== layouts.plain) reader.in.fail('unsupported', `strings: layout ${layout} of bytes`)
  const strings = readLayout(reader, layout, count, isBinary, wanted)
  reader.layout = layout === layouts.decimal ? `decimal, ${reader.layout}` : layout === layouts.hex ? 'hex' : 'strings'
  return strings
}

function readLayout(
  reader: PageReader,
  layout: number,
  count: number,
  isBinary: boolean,
  wanted?: WantedRows,
): string[] {
  switch (layout) {
    case layouts.plain:
      return readPlain(reader, count, isBinary, wanted)
    case layouts.hex: {
      const template = readHexTemplate(reader)
      const width = template.widths.reduce((sum, one) => sum + one, 0)
      checkLength(reader, count, width + lengthOf(template.literals))
      const bytes = reader.bytes(Math.ceil((count * width) / 2))
      return isBareHex(template)
        ? hexDigits(bytes, width / 2, count, wanted)
        : decodeHexTemplate(bytes, template, count)
    }
    case layouts.decimal: {
      const [prefix, suffix] = [readText(reader), readText(reader)]
      checkLength(reader, count, prefix.length + suffix.length)
      const numbers = readNumbers(reader, count)
      for (const number of numbers) if (number < 0) reader.in.fail('corrupt', `strings: a number of ${number}`)
      const words = wordsOf(BigInt64Array.from(numbers, number => BigInt(number)))
      return decodeDecimalTemplate(words, { digits: 'decimal', prefix, suffix })
    }
    default:
      return reader.in.fail('unsupported', `strings: layout ${layout}`)
  }
}

/** Refuses strings that few bytes could claim and no memory hold: `length` is the number of characters they share. */
function checkLength(reader: PageReader, count: number, length: number): void {
  if (count * length > maxTextBytes)
    reader.in.fail('corrupt', `strings: ${count} of ${length} characters, at most ${maxTextBytes} in all`)
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0)
}

/** The bytes of a page of strings that are hex digits and nothing else, all of as many; undefined for other pages. */
export function readHexBytes(reader: PageReader, count: number): Buffer | undefined {
  if (count === 0 || reader.in.u8() !== layouts.hex) return undefined
  const template = readHexTemplate(reader)
  if (!isBareHex(template)) return undefined
  const bytes = reader.bytes((count * template.widths[0]!) / 2)
  return bufferOf(bytes)
}

function isBareHex({ digits, literals, widths }: HexTemplate): boolean {
  return digits === 'hex' && widths.length === 1 && widths[0]! % 2 === 0 && literals.every(text => text === '')
}

/** `count` strings of the hex digits of `width` bytes each. */
function hexDigits(bytes: Uint8Array, width: number, count: number, wanted = { start: 0, count }): string[] {
  const buffer = bufferOf(bytes)
  const strings = new Array<string>(count).fill('')
  for (let i = wanted.start; i < wanted.start + wanted.count; i++)
    strings[i] = buffer.toString('hex', i * width, (i + 1) * width)
  return strings
}

function writePlain(writer: PageWriter, strings: readonly string[], isBinary: boolean): void {
  writer.out.u8(layouts.plain)
  if (isBinary) {
    writeNumbers(
      writer,
      Float64Array.from(strings, text => text.length),
    )
    writer.bytes(Buffer.from(strings.join(''), 'latin1'))
    return
  }
  const { lengths, bytes } = packStrings(strings)
  checkTextBytes(bytes.length)
  writeNumbers(writer, new Float64Array(lengths))
  writer.bytes(bytes)
}

function readPlain(reader: PageReader, count: number, isBinary: boolean, wanted?: WantedRows): string[] {
  const lengths = readNumbers(reader, count)
  let byteLength = 0
  for (const length of lengths) {
    if (length < 0) reader.in.fail('corrupt', `strings: a length of ${length}`)
    byteLength += length
  }
  if (byteLength > maxTextBytes) reader.in.fail('corrupt', `strings: ${byteLength} bytes, at most ${maxTextBytes}`)
  const bytes = reader.bytes(byteLength)
  if (wanted) return readSome(lengths, bytes, isBinary, wanted)
  if (!isBinary) return unpackStrings({ lengths: new Uint32Array(lengths), bytes })
  return cutLatin1(lengths, bytes)
}

/** Strings of a byte a character. */
function cutLatin1(lengths: Float64Array, bytes: Uint8Array): string[] {
  const text = bufferOf(bytes).toString('latin1')
  let at = 0
  return Array.from(lengths, length => {
    at += length
    return text.slice(at - length, at)
  })
}

/** The bytes of strings that are all as many lower-case hex digits, none of them the same in all; else undefined. */
function hexBytes(strings: readonly string[]): Buffer | undefined {
  const { length } = strings[0]!
  if (strings.length < 2 || length === 0 || length % 2 === 1 || length > maxTemplateLength) return undefined
  if (length * strings.length > maxTextBytes) return undefined
  for (const text of strings) if (text.length !== length) return undefined
  const all = strings.join('')
  const bytes = Buffer.from(all, 'hex')
  if (bytes.length * 2 !== all.length || bytes.toString('hex') !== all) return undefined
  return differEverywhere(bytes, length / 2) ? bytes : undefined
}

/** True where no hex digit of strings of `width` bytes is the same in all. */
export function differEverywhere(bytes: Uint8Array, width: number): boolean {
  for (let place = 0; place < width; place++) {
    let differing = 0
    for (let at = place; at < bytes.length; at += width) differing |= bytes[at]! ^ bytes[place]!
    if ((differing & 0xf0) === 0 || (differing & 0x0f) === 0) return false
  }
  return bytes.length > width
}

/** The strings of the wanted rows, and empty ones. */
function readSome(lengths: Float64Array, bytes: Uint8Array, isBinary: boolean, { start, count }: WantedRows): string[] {
  let at = 0
  for (let row = 0; row < start; row++) at += lengths[row]!
  const own = lengths.subarray(start, start + count)
  const byteLength = own.reduce((sum, length) => sum + length, 0)
  const part = bytes.subarray(at, at + byteLength)
  const strings = isBinary ? cutLatin1(own, part) : unpackStrings({ lengths: new Uint32Array(own), bytes: part })
  const all = new Array<string>(lengths.length).fill('')
  for (let i = 0; i < count; i++) all[start + i] = strings[i]!
  return all
}

/** A template that is worth it: not too long, its numbers exact. */
function usableTemplate(strings: readonly string[]): { template: Template; numbers?: Float64Array } | undefined {
  const { length } = strings[0]!
  if (length > maxTemplateLength || strings.length < 2 || length * strings.length > maxTextBytes) return undefined
  const template = findTemplate(strings)
  if (template?.digits !== 'decimal') return template && { template }
  const numbers = Float64Array.from(bigintsOf(encodeDecimalTemplate(strings, template)), Number)
  return numbers.every(number => number >= 0 && number < numberLimit) ? { template, numbers } : undefined
}

function writeHexTemplate(writer: PageWriter, { digits, literals, widths }: HexTemplate): void {
  writer.out.u8(digits === 'hex' ? 0 : 1)
  writer.out.varint(widths.length)
  for (const [run, literal] of literals.entries()) {
    writeText(writer, literal)
    if (run < widths.length) writer.out.varint(widths[run]!)
  }
}

function readHexTemplate(reader: PageReader): HexTemplate {
  const digits = reader.in.u8()
  if (digits > 1) reader.in.fail('unsupported', `strings: digits ${digits}`)
  const runCount = reader.in.count(2)
  const literals: string[] = []
  const widths: number[] = []
  let length = 0
  for (let run = 0; run <= runCount; run++) {
    literals.push(readText(reader))
    if (run < runCount) widths.push(reader.in.varint())
    length += widths[run] ?? 0
    if (length > maxTemplateLength) reader.in.fail('corrupt', `strings: a template of more than ${maxTemplateLength}`)
  }
  if (length === 0) reader.in.fail('corrupt', 'strings: a template without digits')
  return { digits: digits === 0 ? 'hex' : 'HEX', literals, widths }
}

/** A part of a template. */
function writeText({ out }: PageWriter, text: string): void {
  const bytes = new ByteWriter(32)
  out.varint(writeTextTo(bytes, text))
  out.raw(bytes.view())
}

function readText(reader: PageReader): string {
  const text = readTextOf(reader.in, reader.in.varint())
  if (text.length > maxTemplateLength) reader.in.fail('corrupt', `strings: a template of ${text.length} characters`)
  return text
}
