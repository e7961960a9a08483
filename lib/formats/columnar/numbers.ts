import { Dictionary } from '../../encodings/dictionary.ts'
import { extentOf } from '../../encodings/extent.ts'
import { readSigned, writeSigned } from '../../encodings/texts.ts'
import { readCodes, writeCodes } from './codes.ts'
import { type ColumnReader, ColumnWriter } from './columns.ts'
import { decodeNumbers, decodeUniform, encodeNumbers, encodeUniform, type NumberShape } from './modelled.ts'
import type { Prediction } from './prediction.ts'

const encoding = { constant: 0, plain: 1, dictionary: 2, uniform: 3, modelled: 4, deltas: 5 } as const
const plainRows = 6
const sampleRows = 8192
const maxDictionary = 512
/** Steps of clocks that occur: s, ms, 100 µs, µs, 100 ns, the 256 ns of a double near the present. */
const clockUnits = [1e9, 1e6, 1e5, 1e3, 256, 100]
const modelledBits = [0, 2, 3, 4, 6, 8]
/** With these, differences and contexts are tried. */
const firstBits = 3
const maxModelledBits = 8

/** How a column of numbers is modelled. */
interface Model {
  isDelta: boolean
  context: number
  shape: NumberShape
}

/** Writes whole numbers below 2^52 in magnitude. `prediction.known` are the contexts to choose from, but where `estimate` has chosen. */
export function writeNumbers(
  writer: ColumnWriter,
  values: Float64Array,
  prediction: Prediction,
  estimate?: Estimate,
): void {
  const { head } = writer
  if (values.length === 0) return
  const { min, max } = extentOf(values)
  if (min === max) {
    head.u8(encoding.constant)
    writeSigned(head, min)
    return
  }
  if (values.length <= plainRows) {
    head.u8(encoding.plain)
    for (const value of values) writeSigned(head, value)
    return
  }
  const sample = sampleOf(values, prediction)
  const { model, byteLength: modelledBytes } = estimate?.modelled ?? chooseModel(sample)
  const uniformBytes = (Math.log2(max - min + 1) * sample.values.length) / 8
  const dictionary = dictionaryOf(values)
  if (dictionary && dictionaryBytes(dictionary, sample) < Math.min(modelledBytes, uniformBytes))
    writeDictionary(writer, values, dictionary, prediction)
  else if (max - min < 2 ** 32 && uniformBytes <= modelledBytes) writeUniform(writer, values, min, max)
  else writeModelled(writer, values, prediction, model)
}

export function readNumbers(reader: ColumnReader, name: string, count: number, prediction: Prediction): Float64Array {
  const { head } = reader
  reader.column = name
  if (count === 0) return new Float64Array(0)
  const chosen = head.u8()
  switch (chosen) {
    case encoding.constant:
      return new Float64Array(count).fill(readSigned(head))
    case encoding.plain:
      if (count > plainRows) head.fail('corrupt', `${name}: ${count} rows, plain`)
      return Float64Array.from({ length: count }, () => readSigned(head))
    case encoding.dictionary:
      return readDictionary(reader, name, count, prediction)
    case encoding.uniform:
      return readUniform(reader, name, count)
    case encoding.modelled:
    case encoding.deltas:
      return readModelled(reader, name, count, prediction, chosen === encoding.deltas)
    default:
      return head.fail('unsupported', `${name}: encoding ${chosen}`)
  }
}

/** What `writeNumbers` would take, and the model that it would choose. */
export interface Estimate {
  readonly byteLength: number
  readonly modelled?: Modelled
}

/** Estimates by a sample of the values. */
export function estimateNumbers(values: Float64Array, prediction: Prediction): Estimate {
  if (values.length === 0) return { byteLength: 0 }
  const { min, max } = extentOf(values)
  if (min === max) return { byteLength: 0 }
  const sample = sampleOf(values, prediction)
  const modelled = chooseModel(sample)
  return { byteLength: (modelled.byteLength * values.length) / sample.values.length, modelled }
}

/** Values with their prediction. */
interface Column {
  values: Float64Array
  prediction: Prediction
}

function sampleOf(values: Float64Array, prediction: Prediction): Column {
  const sample = prediction.sample(values.length, sampleRows)
  return { values: values.subarray(sample.start, sample.end), prediction: sample.prediction }
}

/** A model and the bytes that the sample takes by it. */
interface Modelled {
  readonly model: Model
  readonly byteLength: number
}

function chooseModel(sample: Column): Modelled {
  const { values, prediction } = sample
  const tryOut = (model: Model): Modelled => ({ model, byteLength: encodeModelled(sample, model).length })
  const [plain, delta] = [false, true].map(isDelta =>
    tryOut({ isDelta, context: 0, shape: shapeOf(isDelta ? deltas(values) : values, firstBits) }),
  ) as [Modelled, Modelled]
  let best = delta.byteLength < plain.byteLength * 0.98 ? delta : plain
  const { model } = best
  for (let context = 1; context < prediction.knownCount; context++) best = smaller(best, tryOut({ ...model, context }))
  const withBits = (bits: number) =>
    bits === firstBits ? best : tryOut({ ...best.model, shape: { ...best.model.shape, modelledBits: bits } })
  return modelledBits.map(withBits).reduce(smaller)
}

function smaller(a: Modelled, b: Modelled): Modelled {
  return b.byteLength < a.byteLength ? b : a
}

/** The clock units that a share of the values are encoded in. */
function shapeOf(values: Float64Array, bits: number): NumberShape {
  const counts = clockUnits.map(() => 0)
  for (const value of values) {
    const unit = value === 0 ? -1 : clockUnits.findIndex(candidate => value % candidate === 0)
    if (unit >= 0) counts[unit]!++
  }
  const minCount = Math.max(2, values.length / 64)
  return {
    units: [...clockUnits.filter((_, unit) => counts[unit]! >= minCount), 1],
    isSigned: values.some(value => value < 0),
    modelledBits: bits,
  }
}

function deltas(values: Float64Array): Float64Array {
  const differences = new Float64Array(values.length)
  for (let row = 0; row < values.length; row++) differences[row] = values[row]! - (row > 0 ? values[row - 1]! : 0)
  return differences
}

function encodeModelled({ values, prediction }: Column, { isDelta, context, shape }: Model): Buffer {
  return encodeNumbers(isDelta ? deltas(values) : values, prediction.known(context), shape)
}

function writeModelled(writer: ColumnWriter, values: Float64Array, prediction: Prediction, model: Model): void {
  const { head } = writer
  // The sample may have missed units and signs that the whole column has.
  const whole = { ...model, shape: shapeOf(model.isDelta ? deltas(values) : values, model.shape.modelledBits) }
  head.u8(model.isDelta ? encoding.deltas : encoding.modelled)
  head.u8(model.context)
  head.u8(whole.shape.modelledBits * 2 + (whole.shape.isSigned ? 1 : 0))
  head.u8(clockUnits.reduce((mask, unit, i) => (whole.shape.units.includes(unit) ? mask | (1 << i) : mask), 0))
  writer.blob(encodeModelled({ values, prediction }, whole))
}

function readModelled(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  isDelta: boolean,
): Float64Array {
  const { head } = reader
  const context = head.u8()
  const flags = head.u8()
  const mask = head.u8()
  const shape = {
    units: [...clockUnits.filter((_, i) => (mask >> i) & 1), 1],
    isSigned: (flags & 1) === 1,
    modelledBits: flags >> 1,
  }
  if (context >= prediction.knownCount || mask >> clockUnits.length > 0 || shape.modelledBits > maxModelledBits)
    return head.fail('unsupported', `${name}: context ${context}, units ${mask}, ${shape.modelledBits} bits`)
  const part = `${name}: ${isDelta ? 'deltas' : 'modelled'}`
  const values = reader.blob(part, bytes => decodeNumbers(bytes, count, prediction.known(context), shape))
  if (isDelta) for (let row = 1; row < count; row++) values[row]! += values[row - 1]!
  if (isDelta && !values.every(Number.isSafeInteger)) head.fail('corrupt', `${name}: deltas lead beyond 2^53`)
  return values
}

function writeUniform(writer: ColumnWriter, values: Float64Array, min: number, max: number): void {
  writer.head.u8(encoding.uniform)
  writeSigned(writer.head, min)
  writer.head.varint(max - min)
  writer.blob(
    encodeUniform(
      values.map(value => value - min),
      max - min + 1,
    ),
  )
}

function readUniform(reader: ColumnReader, name: string, count: number): Float64Array {
  const min = readSigned(reader.head)
  const extent = reader.head.varint()
  if (extent >= 2 ** 32) reader.head.fail('corrupt', `${name}: uniform over ${extent}`)
  return reader.blob(`${name}: uniform`, bytes => decodeUniform(bytes, count, extent + 1)).map(value => value + min)
}

/** The distinct values, or undefined where there are too many to be worth a dictionary. */
function dictionaryOf(values: Float64Array): Dictionary<number> | undefined {
  const dictionary = new Dictionary<number>()
  const maxSize = Math.min(maxDictionary, values.length >> 1)
  for (const value of values) if (dictionary.code(value) >= maxSize) return undefined
  return dictionary
}

function dictionaryBytes(dictionary: Dictionary<number>, { values, prediction }: Column): number {
  const codes = Uint32Array.from(values, value => dictionary.code(value))
  const writer = new ColumnWriter(1)
  writeCodes(writer, codes, dictionary.size, prediction)
  return writer.blobBytes + dictionary.size * 1.5
}

function writeDictionary(
  writer: ColumnWriter,
  values: Float64Array,
  dictionary: Dictionary<number>,
  prediction: Prediction,
): void {
  writer.head.u8(encoding.dictionary)
  writer.head.varint(dictionary.size)
  for (const value of dictionary.values) writeSigned(writer.head, value)
  const codes = Uint32Array.from(values, value => dictionary.code(value))
  writeCodes(writer, codes, dictionary.size, prediction)
}

function readDictionary(reader: ColumnReader, name: string, count: number, prediction: Prediction): Float64Array {
  const size = reader.tableSize(count)
  const values = Float64Array.from({ length: size }, () => readSigned(reader.head))
  return Float64Array.from(readCodes(reader, name, count, size, prediction), code => values[code]!)
}
