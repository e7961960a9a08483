import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { Dictionary } from '../../encodings/dictionary.ts'
import { poolLongTexts } from '../../encodings/pooled/texts.ts'
import { checkTextBytes, maxTextBytes, readTextOf, writeTextTo } from '../../encodings/texts.ts'
import { readCodes, writeCodes } from './codes.ts'
import { type ColumnReader, type ColumnWriter, decompress } from './columns.ts'
import { findPattern, patternBits, readDigits, writeDigits } from './digits.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readPooled, writePooled } from './pool.ts'
import type { Prediction } from './prediction.ts'
import { findSlotted, readSlotted, type StringCoder, writeSlotted } from './slotted.ts'
import { readText, writeText } from './texts.ts'

/** Another column whose string may occur in the values of this one, by row. */
export type Reference = (row: number) => string

const encoding = { dictionary: 0, digits: 1, decimal: 2, plain: 3, pooled: 5, slotted: 6, reference: 8 } as const
/** Bits that a character of a new string takes in a dictionary, under zstd. */
const bitsPerCharacter = 3
/** Longer texts around a reference or a number would make much of little. */
const maxAffix = 256

/**
 * Writes strings. `references` are tried first: a value that contains another column's is encoded as the text around it.
 * Returns the codes of a column that has a dictionary.
 */
export function writeStrings(
  writer: ColumnWriter,
  values: readonly string[],
  prediction: Prediction,
  references: readonly Reference[] = [],
): Uint32Array | undefined {
  const { head } = writer
  if (values.length === 0) return undefined
  const pooled = poolLongTexts(writer.pool, values, false)
  if (pooled) {
    head.u8(encoding.pooled)
    writePooled(writer, pooled, prediction)
    return undefined
  }
  const dictionary = new Dictionary<string>()
  const codes = Uint32Array.from(values, value => dictionary.code(value))
  const affix = dictionary.size > 1 ? findAffix(values, references) : undefined
  if (affix) {
    head.u8(encoding.reference + affix.reference)
    writeText(writer, affix.prefix)
    writeText(writer, affix.suffix)
    return undefined
  }
  const slotted = prediction.traces() && findSlotted(dictionary, values.length)
  if (slotted) {
    head.u8(encoding.slotted)
    writeSlotted(writer, codes, values, slotted, prediction, slotCoder)
    return undefined
  }
  const isMostlyNew = dictionary.size * 2 > values.length && values.length > 16
  const dictionaryBits = isMostlyNew ? Number.POSITIVE_INFINITY : dictionaryCost(dictionary.values, codes)
  const pattern = dictionary.size > 1 ? findPattern(values) : undefined
  if (pattern && patternBits(pattern) * values.length < dictionaryBits) {
    head.u8(encoding.digits)
    writeDigits(writer, values, pattern)
    return undefined
  }
  const decimal = dictionary.size > 1 ? findDecimal(values) : undefined
  if (decimal && decimal.bits * values.length < dictionaryBits) {
    writeDecimal(writer, decimal, prediction)
    return undefined
  }
  if (isMostlyNew) {
    writePlain(writer, values, prediction)
    return undefined
  }
  head.u8(encoding.dictionary)
  head.varint(dictionary.size)
  for (const value of dictionary.values) writeText(writer, value)
  writeCodes(writer, codes, dictionary.size, prediction)
  return codes
}

/** Within strings that have slots. */
const slotCoder: StringCoder = {
  write: (writer, values, prediction) => {
    writeStrings(writer, values, prediction)
  },
  read: (reader, name, count, prediction) => readStrings(reader, name, count, prediction).values,
}

/** Strings as they were written, and the codes of a column that has a dictionary. */
export interface Strings {
  readonly values: readonly string[]
  readonly codes?: Uint32Array
}

export function readStrings(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  references: readonly Reference[] = [],
): Strings {
  const { head } = reader
  reader.column = name
  if (count === 0) return { values: [] }
  const chosen = head.u8()
  switch (chosen) {
    case encoding.dictionary:
      return readDictionary(reader, name, count, prediction)
    case encoding.digits:
      return { values: readDigits(reader, name, count) }
    case encoding.decimal:
      return { values: readDecimal(reader, name, count, prediction) }
    case encoding.plain:
      return { values: readPlain(reader, name, count, prediction) }
    case encoding.pooled:
      return { values: readPooled(reader, name, count, prediction) }
    case encoding.slotted:
      return { values: readSlotted(reader, name, count, prediction, slotCoder) }
  }
  const reference = references[chosen - encoding.reference]
  if (!reference) return head.fail('unsupported', `${name}: encoding ${chosen}`)
  const [prefix, suffix] = readAffix(reader)
  return { values: Array.from({ length: count }, (_, row) => prefix + reference(row) + suffix) }
}

function readDictionary(reader: ColumnReader, name: string, count: number, prediction: Prediction): Strings {
  const size = reader.tableSize(count)
  const entries = Array.from({ length: size }, () => readText(reader))
  const codes = readCodes(reader, name, count, size, prediction)
  return { values: Array.from(codes, code => entries[code]!), codes }
}

/** Bits of a dictionary and its codes, by the entropy of the codes. */
function dictionaryCost(values: readonly string[], codes: Uint32Array): number {
  const counts = new Float64Array(values.length)
  for (const code of codes) counts[code]!++
  let bits = 0
  for (const [code, value] of values.entries())
    bits += value.length * bitsPerCharacter - counts[code]! * Math.log2(counts[code]! / codes.length)
  return bits
}

interface Affix {
  reference: number
  prefix: string
  suffix: string
}

/** The reference that every value holds at one place, between the same texts. */
function findAffix(values: readonly string[], references: readonly Reference[]): Affix | undefined {
  for (const [reference, stringAt] of references.entries()) {
    const inner = stringAt(0)
    const at = inner === '' ? -1 : values[0]!.indexOf(inner)
    if (at < 0) continue
    const prefix = values[0]!.slice(0, at)
    const suffix = values[0]!.slice(at + inner.length)
    if (prefix.length + suffix.length > maxAffix) continue
    if (values.every((value, row) => value === prefix + stringAt(row) + suffix)) return { reference, prefix, suffix }
  }
  return undefined
}

interface Decimal {
  prefix: string
  suffix: string
  numbers: Float64Array
  bits: number
}

/** Strings that are whole numbers between one prefix and one suffix. */
function findDecimal(values: readonly string[]): Decimal | undefined {
  const match = /^(.*?)(0|[1-9]\d{0,14})(\D*)$/s.exec(values[0]!)
  if (!match) return undefined
  const [, prefix, , suffix] = match as unknown as [string, string, string, string]
  if (prefix.length + suffix.length > maxAffix) return undefined
  const numbers = new Float64Array(values.length)
  let [min, max] = [Number.POSITIVE_INFINITY, 0]
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (!value.startsWith(prefix) || !value.endsWith(suffix)) return undefined
    const digits = value.slice(prefix.length, value.length - suffix.length)
    if (!/^(0|[1-9]\d{0,14})$/.test(digits)) return undefined
    const number = Number(digits)
    numbers[row] = number
    if (number < min) min = number
    if (number > max) max = number
  }
  return { prefix, suffix, numbers, bits: Math.log2(max - min + 1) }
}

function writeDecimal(writer: ColumnWriter, { prefix, suffix, numbers }: Decimal, prediction: Prediction): void {
  writer.head.u8(encoding.decimal)
  writeText(writer, prefix)
  writeText(writer, suffix)
  writeNumbers(writer, numbers, prediction)
}

function readDecimal(reader: ColumnReader, name: string, count: number, prediction: Prediction): string[] {
  const [prefix, suffix] = readAffix(reader)
  return Array.from(readNumbers(reader, name, count, prediction), number => prefix + number + suffix)
}

function readAffix(reader: ColumnReader): [prefix: string, suffix: string] {
  const [prefix, suffix] = [readText(reader), readText(reader)]
  if (prefix.length + suffix.length > maxAffix)
    reader.head.fail('corrupt', `${reader.column}: ${prefix.length + suffix.length} characters around a value`)
  return [prefix, suffix]
}

function writePlain(writer: ColumnWriter, values: readonly string[], prediction: Prediction): void {
  writer.head.u8(encoding.plain)
  const lengths = new Float64Array(values.length)
  const texts = new ByteWriter(1 << 14)
  for (const [row, value] of values.entries()) {
    lengths[row] = writeTextTo(texts, value)
  }
  checkTextBytes(texts.length)
  writeNumbers(writer, lengths, prediction)
  writer.head.varint(texts.length)
  writer.blob(Buffer.from(writer.compress(texts.view())))
}

function readPlain(reader: ColumnReader, name: string, count: number, prediction: Prediction): string[] {
  const lengths = readNumbers(reader, `${name}: lengths`, count, prediction)
  const byteLength = reader.head.varint()
  if (byteLength > maxTextBytes) reader.head.fail('corrupt', `${name}: ${byteLength} bytes of strings`)
  return reader.blob(`${name}: plain`, stored => {
    const texts = new ByteReader(decompress(stored, byteLength), 'strings')
    const values = Array.from(lengths, length => readTextOf(texts, length))
    texts.end()
    return values
  })
}
