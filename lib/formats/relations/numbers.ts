import { extentOf } from '../../encodings/extent.ts'
import { integerEncodings, type PartSink, type PartSource } from '../../encodings/integers.ts'
import { unzigzag, zigzag } from '../../encodings/zigzag.ts'
import type { BodyReader, BodyWriter } from './body.ts'

/** Numbers in streams are within ± 2^50, so that differences and zigzag stay exact. */
export const numberLimit: number = 2 ** 50

const kind = { constant: 0, rows: 1, planes: 2, classes: 3, table: 4, items: 5 } as const
/** The codes of encodings that store a number per row. */
const encodings = {
  [kind.rows]: integerEncodings.rows,
  [kind.planes]: integerEncodings.planes,
  [kind.classes]: integerEncodings.split,
} as const
const deltaFlag = 8
const zigzagFlag = 16
const maxTableLength = 4096
/** At most this many numbers are written as items. */
const fewValues = 8

type Numbers = ArrayLike<number>

/** Writes whole numbers within ± 2^50 in the cheapest of the encodings of FORMAT.md. The reader knows their number. */
export function writeNumbers(body: BodyWriter, part: string, values: Numbers): void {
  if (isConstant(values)) {
    body.number(kind.constant)
    body.number(values.length === 0 ? 0 : values[0]!)
    return
  }
  if (values.length <= fewValues) {
    body.number(kind.items)
    return body.numbers(Array.from(values))
  }
  const candidates = plainCandidates(part, values, 0)
  candidates.push(...plainCandidates(part, differences(values), deltaFlag, values[0]!))
  const table = distinct(values)
  if (table !== undefined) candidates.push(target => writeTable(target, part, values, table))
  body.choose(candidates)
}

export function readNumbers(body: BodyReader, part: string, count: number): Float64Array {
  const mode = body.number(31)
  if (mode === kind.constant) return new Float64Array(count).fill(body.number(numberLimit, -numberLimit))
  if (mode === kind.table) return readTable(body, part, count)
  if (mode === kind.items) return readItems(body, count)
  if ((mode & deltaFlag) === 0) return readPlain(body, part, count, mode)
  const values = new Float64Array(count)
  if (count === 0) body.fail('differences of no numbers')
  values[0] = body.number(numberLimit, -numberLimit)
  const steps = readPlain(body, part, count - 1, mode)
  for (let i = 1; i < count; i++) values[i] = values[i - 1]! + steps[i - 1]!
  if (values.some(value => Math.abs(value) > numberLimit)) body.fail('sums of differences exceed 2^50')
  return values
}

function readItems(body: BodyReader, count: number): Float64Array {
  if (count > fewValues) body.fail(`${count} numbers as items, at most ${fewValues} are allowed`)
  return Float64Array.from({ length: count }, () => body.number(numberLimit, -numberLimit))
}

function isConstant(values: Numbers): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false
  return true
}

function differences(values: Numbers): Float64Array {
  const steps = new Float64Array(values.length - 1)
  for (let i = 1; i < values.length; i++) steps[i - 1] = values[i]! - values[i - 1]!
  return steps
}

/** The distinct values, the most frequent first, or undefined if there are too many. */
function distinct(values: Numbers): number[] | undefined {
  const counts = new Map<number, number>()
  const limit = Math.min(maxTableLength, values.length >> 2)
  for (let i = 0; i < values.length; i++) {
    counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1)
    if (counts.size > limit) return undefined
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value)
}

function writeTable(body: BodyWriter, part: string, values: Numbers, table: readonly number[]): void {
  const codes = new Map(table.map((value, code) => [value, code]))
  body.number(kind.table)
  body.number(table.length)
  body.choose(plainCandidates(part, table, 0))
  const coded = new Float64Array(values.length)
  for (let i = 0; i < coded.length; i++) coded[i] = codes.get(values[i]!)!
  body.choose(plainCandidates(part, coded, 0))
}

function readTable(body: BodyReader, part: string, count: number): Float64Array {
  const length = body.number(Math.min(count, maxTableLength), 2)
  const table = readPlain(body, part, length, body.number(31))
  const codes = readPlain(body, part, count, body.number(31))
  return codes.map(code => (code < length ? table[code]! : body.fail(`code ${code} of a table of ${length}`)))
}

/** Numbers made unsigned: from the minimum or by zigzag, in their common unit. */
interface Unsigned {
  values: Float64Array
  isZigzag: boolean
  min: number
  unit: number
  greatest: number
}

function toUnsigned(values: Numbers): Unsigned {
  const extent = values.length === 0 ? { min: 0, max: 0 } : extentOf(values)
  const isZigzag = extent.min < 0 && extent.max > 0
  const min = isZigzag ? 0 : extent.min
  let unit = 0
  for (let i = 0; i < values.length && unit !== 1; i++) unit = gcd(Math.abs(values[i]! - min), unit)
  unit ||= 1
  const unsigned = new Float64Array(values.length)
  for (let i = 0; i < unsigned.length; i++) {
    const value = (values[i]! - min) / unit
    unsigned[i] = isZigzag ? zigzag(value) : value
  }
  const greatest = values.length === 0 ? 0 : extentOf(unsigned).max
  return { values: unsigned, isZigzag, min, unit, greatest }
}

function gcd(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}

function plainCandidates(part: string, values: Numbers, flags: number, first?: number): ((to: BodyWriter) => void)[] {
  const unsigned = toUnsigned(values)
  const write = (code: keyof typeof encodings) => (to: BodyWriter) => {
    to.number(Number(code) | flags | (unsigned.isZigzag ? zigzagFlag : 0))
    if (first !== undefined) to.number(first)
    if (!unsigned.isZigzag) to.number(unsigned.min)
    to.number(unsigned.unit)
    encodings[code].encode(sinkOf(to, part), unsigned.values, unsigned.greatest)
  }
  if (values.length <= fewValues || unsigned.greatest < 256) return [write(kind.rows)]
  return [write(kind.rows), write(kind.planes), write(kind.classes)]
}

function sinkOf(body: BodyWriter, part: string): PartSink {
  return {
    number: value => body.number(value),
    bytes: bytes => body.bytes(part, bytes),
    randomBytes: bytes => body.bytes(part, bytes, true),
  }
}

function readPlain(body: BodyReader, part: string, count: number, mode: number): Float64Array {
  const isZigzag = (mode & zigzagFlag) !== 0
  const min = isZigzag ? 0 : body.number(2 * numberLimit, -2 * numberLimit)
  const unit = body.number(2 * numberLimit, 1)
  const values = readUnsigned(body, part, count, mode & 7)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    values[i] = min + unit * (isZigzag ? unzigzag(value) : value)
    if (!(Math.abs(values[i]!) <= 2 * numberLimit)) body.fail(`number ${i} of ${count} exceeds 2^51`)
  }
  return values
}

function readUnsigned(body: BodyReader, part: string, count: number, code: number): Float64Array {
  const encoding = encodings[code as keyof typeof encodings] ?? body.fail(`an unknown encoding ${code} of numbers`)
  const from: PartSource = { number: max => body.number(max), bytes: byteLength => body.bytes(part, byteLength) }
  const values = encoding.decode(from, new Uint32Array(count))
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

/** The index of the highest bit of a number of 1 to 2^63, counted from 0. */
export function highestBit(value: number): number {
  return value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / 2 ** 32))
}
