import { isDeepStrictEqual } from 'node:util'
import { Bench } from 'tinybench'
import { bitWidthOf, packBits, packWide, unpackBits, unpackWide } from '../lib/codecs/bitpack.ts'
import { decodeDelta, decodeZigzag, encodeDelta, encodeZigzag } from '../lib/codecs/delta.ts'
import { decodeDictionary, encodeDictionary } from '../lib/codecs/dictionary.ts'
import { divide, multiply } from '../lib/codecs/divisor.ts'
import { BitModels, RangeDecoder, RangeEncoder } from '../lib/codecs/entropy.ts'
import { NumberModels, TreeModels } from '../lib/codecs/entropy-symbols.ts'
import { addBase, frameOf, subtractBase } from '../lib/codecs/frame.ts'
import { readPermutation, writePermutation } from '../lib/codecs/permutation.ts'
import { decodeRuns, encodeRuns } from '../lib/codecs/rle.ts'
import { decodeFront, encodeFront, packStrings, unpackStrings } from '../lib/codecs/strings.ts'
import { decodeHexTemplate, encodeHexTemplate, findTemplate, type HexTemplate } from '../lib/codecs/template.ts'
import { packVarints, packWideVarints, unpackVarints, unpackWideVarints } from '../lib/codecs/varint.ts'
import * as columns from './kernel-columns.ts'
import { fixed, whole } from './report/format.ts'
import type { TextTable } from './report/table.ts'

const warmupRounds = 20

/** A kernel over one column, ready to be timed. */
interface Kernel {
  name: string
  valueCount: number
  /** The column coded, and what it takes; null where its parts are still to be packed. */
  encode(): { coded: unknown; byteLength: number | null }
  decode(coded: unknown): unknown
  input: unknown
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
export function kernelTable(results: readonly KernelResult[]): TextTable {
  const millions = (rate: number | null) => fixed(1)(rate === null ? null : rate / 1e6)
  return {
    headers: ['kernel', 'values', 'enc M/s', 'dec M/s', 'bits/value'],
    aligns: ['left', 'right', 'right', 'right', 'right'],
    rows: results.map(({ name, valueCount, encodeRate, decodeRate, bitsPerValue }) => [
      name,
      whole(valueCount),
      millions(encodeRate),
      millions(decodeRate),
      fixed(2)(bitsPerValue),
    ]),
  }
}

async function measure({ name, valueCount, encode, decode, input }: Kernel, rounds: number): Promise<KernelResult> {
  const { coded, byteLength } = encode()
  if (!isDeepStrictEqual(decode(coded), input))
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
  valueCount = input.length,
): Kernel {
  return {
    name,
    valueCount,
    input,
    encode: () => {
      const coded = encode(input)
      return { coded, byteLength: byteLengthOf(coded) }
    },
    decode: coded => decode(coded as Coded, input),
  }
}

const lengthOf = (bytes: Uint8Array) => bytes.length

/** The same of 64-bit words, two a value. */
function wideKernel<Coded>(
  name: string,
  words: Uint32Array,
  encode: (words: Uint32Array) => Coded,
  decode: (coded: Coded, words: Uint32Array) => Uint32Array,
  byteLengthOf?: (coded: Coded) => number | null,
): Kernel {
  return kernelOf(name, words, encode, decode, byteLengthOf, words.length / 2)
}

/** Made one at a time, so that a column lives only as long as its kernel is timed. */
const kernels: readonly (() => Kernel)[] = [
  () => packingKernel('bitpack, 13 bits', columns.smallNumbers()),
  () => packingKernel('bitpack, 4 bits', columns.runningCodes()),
  () =>
    wideKernel(
      'bitpack, 47 bits of 64',
      subtractBase(columns.startTimes(), 1_700_000_000_000_000_000n),
      words => packWide(words, 47),
      (bytes, words) => unpackWide(bytes, 47, words.length / 2),
      lengthOf,
    ),
  () =>
    wideKernel(
      'delta, 64 bits',
      columns.startTimes(),
      words => encodeDelta(words),
      deltas => decodeDelta(deltas),
    ),
  () =>
    wideKernel(
      'zigzag, 64 bits',
      columns.startTimes(),
      words => encodeZigzag(words),
      coded => decodeZigzag(coded),
    ),
  () => frameKernel(columns.startTimes()),
  () =>
    wideKernel(
      'divisor 1000, 64 bits',
      columns.startTimes(),
      words => divide(words, 1000),
      parts => multiply(parts),
    ),
  () =>
    kernelOf(
      'varint, 13 bits',
      columns.smallNumbers(),
      packVarints,
      (bytes, values) => unpackVarints(bytes, values.length),
      lengthOf,
    ),
  () =>
    wideKernel(
      'varint, durations of 64 bits',
      columns.durations(),
      packWideVarints,
      (bytes, words) => unpackWideVarints(bytes, words.length / 2),
      lengthOf,
    ),
  () => kernelOf('runs of 8', columns.runningCodes(), encodeRuns, (runs, values) => decodeRuns(runs, values.length)),
  () => kernelOf('dictionary, 200 names', columns.names(), encodeDictionary, decodeDictionary),
  () => kernelOf('strings, names', columns.names(), packStrings, unpackStrings),
  () => kernelOf('front coding, sorted names', columns.names().sort(), encodeFront, coded => decodeFront(coded)),
  () => templateKernel(columns.uuids()),
  () => permutationKernel(columns.keyOrders()),
  () => bitKernel(columns.skewedBits()),
  () => symbolKernel(columns.skewedSymbols()),
  () => numberKernel(columns.durations()),
]

function packingKernel(name: string, values: Uint32Array): Kernel {
  const bitWidth = bitWidthOf(values)
  const out = new Uint32Array(values.length)
  const decode = (bytes: Buffer) => unpackBits(bytes, bitWidth, values.length, out)
  return kernelOf(name, values, () => packBits(values, bitWidth), decode, lengthOf)
}

function frameKernel(words: Uint32Array): Kernel {
  const encode = () => {
    const { base } = frameOf(words)
    return { base, offsets: subtractBase(words, base) }
  }
  return wideKernel('frame, 64 bits', words, encode, ({ base, offsets }) => addBase(offsets, base))
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

function numberKernel(words: Uint32Array): Kernel {
  const encode = () => {
    const models = new NumberModels(1, 4)
    return coded(encoder => {
      for (let i = 0; i < words.length; i += 2) models.encode(encoder, 0, words[i], words[i + 1])
    })
  }
  const decode = (bytes: Buffer) => {
    const models = new NumberModels(1, 4)
    const decoder = new RangeDecoder(bytes)
    const out = new Uint32Array(words.length)
    for (let i = 0; i < out.length; i += 2) {
      out[i] = models.decode(decoder, 0)
      out[i + 1] = models.high
    }
    return out
  }
  return wideKernel('entropy, durations', words, encode, decode, lengthOf)
}

function coded(write: (encoder: RangeEncoder) => void): Buffer {
  const encoder = new RangeEncoder()
  write(encoder)
  return encoder.finish()
}
