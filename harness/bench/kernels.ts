import { isDeepStrictEqual } from 'node:util'
import { Bench } from 'tinybench'
import { packBits, unpackBits } from '../../lib/encodings/bitpack.ts'
import { BitModels, RangeDecoder, RangeEncoder } from '../../lib/encodings/entropy.ts'
import { NumberModels, TreeModels } from '../../lib/encodings/entropy-symbols.ts'
import { type IntegerEncoding, integerEncodings } from '../../lib/encodings/integers.ts'
import { readPermutation, writePermutation } from '../../lib/encodings/permutation.ts'
import { packStrings, unpackStrings } from '../../lib/encodings/strings.ts'
import { decodeHexTemplate, encodeHexTemplate, findTemplate, type HexTemplate } from '../../lib/encodings/template.ts'
import { fixed } from '../text/format.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import * as columns from './kernel-columns.ts'

const warmupRounds = 20

/** A kernel over one column, ready to be timed. */
interface Kernel {
  name: string
  valueCount: number
  /** The column coded, and what it takes; null where its parts are still to be packed. */
  encode(): { coded: unknown; byteLength: number | null }
  decode(coded: unknown): unknown
  input: unknown
  isEqual(decoded: unknown, input: unknown): boolean
}

/** What one kernel does on one core. */
export interface KernelResult {
  name: string
  valueCount: number
  /** Values a second; null where the column did not come back. */
  encodeRate: number | null
  decodeRate: number | null
  bitsPerValue: number | null
}

/**
 * Proves and times every kernel, one after the other in this process: good for comparisons, a little pessimistic.
 * Of the `rounds` of each direction the median counts.
 */
export async function measureKernels(onStart: (name: string) => void, rounds = 60): Promise<KernelResult[]> {
  const results: KernelResult[] = []
  for (const make of kernels) {
    const kernel = make()
    onStart(kernel.name)
    results.push(await measure(kernel, rounds))
  }
  return results
}

/** A line a kernel. */
export function kernelTable(results: readonly KernelResult[]): Table {
  const millions = (rate: number | null) => (rate === null ? null : rate / 1e6)
  return tableOf(results, [
    text('kernel', ({ name }) => name),
    number('values', ({ valueCount }) => valueCount),
    number('enc M/s', ({ encodeRate }) => millions(encodeRate), fixed(1)),
    number('dec M/s', ({ decodeRate }) => millions(decodeRate), fixed(1)),
    number('bits/value', ({ bitsPerValue }) => bitsPerValue, fixed(2), { keep: 1 }),
  ])
}

async function measure(
  { name, valueCount, encode, decode, input, isEqual }: Kernel,
  rounds: number,
): Promise<KernelResult> {
  const { coded, byteLength } = encode()
  if (!isEqual(decode(coded), input))
    return { name, valueCount, encodeRate: null, decodeRate: null, bitsPerValue: null }
  const bench = new Bench({
    iterations: rounds,
    time: 0,
    warmupIterations: Math.min(rounds, warmupRounds),
    warmupTime: 0,
    throws: true,
  })
  bench.add('encode', encode).add('decode', () => decode(coded))
  const [encodeRate, decodeRate] = (await bench.run()).map(({ result }) =>
    'latency' in result ? valueCount / (result.latency.p50 / 1e3) : null,
  )
  const bitsPerValue = byteLength === null ? null : (byteLength * 8) / valueCount
  return { name, valueCount, encodeRate: encodeRate!, decodeRate: decodeRate!, bitsPerValue }
}

function kernelOf<Input extends { length: number }, Coded>(
  name: string,
  input: Input,
  encode: (input: Input) => Coded,
  decode: (coded: Coded, input: Input) => unknown,
  byteLengthOf: (coded: Coded) => number | null = () => null,
): Kernel {
  return {
    name,
    valueCount: input.length,
    input,
    encode: () => {
      const coded = encode(input)
      return { coded, byteLength: byteLengthOf(coded) }
    },
    decode: coded => decode(coded as Coded, input),
    isEqual: isDeepStrictEqual,
  }
}

const lengthOf = (bytes: Uint8Array) => bytes.length

/** Made one at a time, so that a column lives only as long as its kernel is timed. */
const kernels: readonly (() => Kernel)[] = [
  () => packingKernel('bitpack, 13 bits', columns.smallNumbers(), 13),
  () => packingKernel('bitpack, 4 bits', columns.runningCodes(), 4),
  ...Object.values(integerEncodings).flatMap(encoding => [
    () => integerKernel(encoding, '13 bits', new Float64Array(columns.smallNumbers())),
    () => integerKernel(encoding, 'durations', columns.durations()),
  ]),
  () => kernelOf('strings, names', columns.names(), packStrings, unpackStrings),
  () => templateKernel(columns.uuids()),
  () => permutationKernel(columns.keyOrders()),
  () => bitKernel(columns.skewedBits()),
  () => symbolKernel(columns.skewedSymbols()),
  () => numberKernel(columns.durations()),
]

function packingKernel(name: string, values: Uint32Array, bitWidth: number): Kernel {
  const out = new Uint32Array(values.length)
  const decode = (bytes: Buffer) => unpackBits(bytes, bitWidth, values.length, out)
  return kernelOf(name, values, () => packBits(values, bitWidth), decode, lengthOf)
}

/** An encoding of whole numbers, its parts kept as they are: no general codec. */
function integerKernel(encoding: IntegerEncoding, column: string, values: Float64Array): Kernel {
  const max = values.reduce((most, value) => Math.max(most, value), 0)
  const words = new Uint32Array(values.length)
  const encode = () => {
    const [numbers, parts]: [number[], Uint8Array[]] = [[], []]
    const keep = (bytes: Uint8Array) => void parts.push(bytes)
    encoding.encode({ number: value => void numbers.push(value), bytes: keep, randomBytes: keep }, values, max)
    return { numbers, parts }
  }
  const decode = ({ numbers, parts }: ReturnType<typeof encode>) => {
    let [number, part] = [0, 0]
    return encoding.decode({ number: () => numbers[number++]!, bytes: () => parts[part++]! }, words)
  }
  const byteLengthOf = ({ numbers, parts }: ReturnType<typeof encode>) =>
    parts.reduce((sum, { length }) => sum + length, numbers.length)
  const name = `${encoding.name}, ${column}`
  return { ...kernelOf(name, values, encode, decode, byteLengthOf), isEqual: sameNumbers }
}

function sameNumbers(decoded: unknown, input: unknown): boolean {
  const [a, b] = [decoded, input] as [ArrayLike<number>, ArrayLike<number>]
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i])
}

function templateKernel(strings: string[]): Kernel {
  const template = findTemplate(strings) as HexTemplate
  const decode = (bytes: Buffer) => decodeHexTemplate(bytes, template, strings.length)
  return kernelOf('template, UUIDs', strings, () => encodeHexTemplate(strings, template), decode, lengthOf)
}

function permutationKernel(orders: Uint32Array[]): Kernel {
  const encode = () =>
    coded(encoder => {
      for (const order of orders) writePermutation(encoder, order)
    })
  const decode = (bytes: Buffer) => {
    const decoder = new RangeDecoder(bytes)
    return orders.map(({ length }) => readPermutation(decoder, length))
  }
  return kernelOf('permutations of 12', orders, encode, decode, lengthOf)
}

function bitKernel(bits: Uint8Array): Kernel {
  const encode = () => {
    const models = new BitModels(1)
    return coded(encoder => {
      for (let i = 0; i < bits.length; i++) encoder.bit(models, 0, bits[i])
    })
  }
  const decode = (bytes: Buffer) => {
    const models = new BitModels(1)
    const decoder = new RangeDecoder(bytes)
    const out = new Uint8Array(bits.length)
    for (let i = 0; i < out.length; i++) out[i] = decoder.bit(models, 0)
    return out
  }
  return kernelOf('entropy, bits of 1/16', bits, encode, decode, lengthOf)
}

function symbolKernel(symbols: Uint8Array): Kernel {
  const encode = () => {
    const models = new TreeModels(1, 8)
    return coded(encoder => {
      for (let i = 0; i < symbols.length; i++) models.encode(encoder, 0, symbols[i])
    })
  }
  const decode = (bytes: Buffer) => {
    const models = new TreeModels(1, 8)
    const decoder = new RangeDecoder(bytes)
    const out = new Uint8Array(symbols.length)
    for (let i = 0; i < out.length; i++) out[i] = models.decode(decoder, 0)
    return out
  }
  return kernelOf('entropy, symbols of 8 bits', symbols, encode, decode, lengthOf)
}

function numberKernel(values: Float64Array): Kernel {
  const encode = () => {
    const models = new NumberModels(1, 4)
    return coded(encoder => {
      for (let i = 0; i < values.length; i++) models.encode(encoder, 0, values[i]! >>> 0, 0)
    })
  }
  const decode = (bytes: Buffer) => {
    const models = new NumberModels(1, 4)
    const decoder = new RangeDecoder(bytes)
    const out = new Float64Array(values.length)
    for (let i = 0; i < out.length; i++) out[i] = models.decode(decoder, 0)
    return out
  }
  return kernelOf('entropy, durations', values, encode, decode, lengthOf)
}

function coded(write: (encoder: RangeEncoder) => void): Buffer {
  const encoder = new RangeEncoder()
  write(encoder)
  return encoder.finish()
}
