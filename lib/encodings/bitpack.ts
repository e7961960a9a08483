import { LabError } from '../error.ts'
import { bitWords, readBits } from './bits.ts'
import { checkValueCount } from './counts.ts'

/** Values that end on a word boundary at every width, and so the unit of the unrolled code. */
const blockValues = 32

type Kernel = (from: Uint32Array, to: Uint32Array, blockCount: number) => number

const packKernels: Kernel[] = []
const unpackKernels: Kernel[] = []

/** Bytes that `count` values of `bitWidth` bits take. */
export function packedByteLength(bitWidth: number, count: number): number {
  return Math.ceil((bitWidth * count) / 8)
}

/**
 * `bitWidth` bits (0 to 32) of each value, the first in the lowest bits of the first byte, without gaps; the bits after
 * the last are zero. A value that does not fit is an `invalid` error.
 */
export function packBits(values: Uint32Array, bitWidth: number): Buffer {
  checkWidth(bitWidth, 32)
  const count = values.length
  const words = new Uint32Array((Math.floor(count / blockValues) + 1) * bitWidth)
  const seen = isWorthKernel(packKernels, bitWidth, count)
    ? packBlocks(values, words, bitWidth)
    : packEach(values, words, bitWidth)
  if (bitWidth < 32 && seen >>> bitWidth > 0)
    throw new LabError('invalid', `bitpack: a value takes ${32 - Math.clz32(seen)} bits, the width is ${bitWidth}`)
  return Buffer.from(words.buffer, 0, packedByteLength(bitWidth, count))
}

/**
 * The `count` values of packBits, in `out` if given (of that length at least). The bytes must be exactly those of the
 * values. Of width 0 the bytes say nothing about the count: the caller must know it from elsewhere.
 */
export function unpackBits(bytes: Uint8Array, bitWidth: number, count: number, out?: Uint32Array): Uint32Array {
  checkWidth(bitWidth, 32)
  checkPacked(bytes, bitWidth, checkValueCount(count, 'bitpack'))
  const values = out ?? new Uint32Array(count)
  if (isWorthKernel(unpackKernels, bitWidth, count)) unpackBlocks(bytes, bitWidth, count, values)
  else unpackEach(bytes, bitWidth, count, values)
  return values
}

/** Values of a width that are packed, and those that are unpacked, before its kernel is made: that takes a while. */
const kernelValues = 1 << 17
const valueCounts = new Map<Kernel[], Float64Array>()

function isWorthKernel(kernels: Kernel[], bitWidth: number, count: number): boolean {
  const counts = valueCounts.get(kernels) ?? new Float64Array(33)
  valueCounts.set(kernels, counts)
  counts[bitWidth]! += count
  return counts[bitWidth]! > kernelValues
}

/** Returns the bits that any of the values has. */
function packBlocks(values: Uint32Array, words: Uint32Array, bitWidth: number): number {
  const whole = Math.floor(values.length / blockValues)
  const rest = new Uint32Array(blockValues)
  rest.set(values.subarray(whole * blockValues))
  const pack = kernelOf(packKernels, bitWidth, packSource)
  return pack(values, words, whole) | pack(rest, words.subarray(whole * bitWidth), 1)
}

function packEach(values: Uint32Array, words: Uint32Array, bitWidth: number): number {
  let seen = 0
  for (let i = 0, at = 0; i < values.length; i++, at += bitWidth) {
    const word = at >>> 5
    const shift = at & 31
    seen |= values[i]
    words[word] |= values[i] << shift
    if (shift + bitWidth > 32) words[word + 1] |= values[i] >>> (32 - shift)
  }
  return seen
}

function unpackBlocks(bytes: Uint8Array, bitWidth: number, count: number, values: Uint32Array): void {
  const whole = Math.floor(count / blockValues)
  const unpack = kernelOf(unpackKernels, bitWidth, unpackSource)
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  unpack(new Uint32Array(aligned.buffer, aligned.byteOffset, whole * bitWidth), values, whole)
  const rest = new Uint32Array(bitWidth)
  new Uint8Array(rest.buffer).set(bytes.subarray(whole * bitWidth * 4))
  const last = new Uint32Array(blockValues)
  unpack(rest, last, 1)
  values.set(last.subarray(0, count - whole * blockValues), whole * blockValues)
}

function unpackEach(bytes: Uint8Array, bitWidth: number, count: number, values: Uint32Array): void {
  const words = bitWords(bytes)
  for (let i = 0, at = 0; i < count; i++, at += bitWidth) values[i] = readBits(words, at, bitWidth)
}

function checkWidth(bitWidth: number, most: number): void {
  if (!(Number.isInteger(bitWidth) && bitWidth >= 0 && bitWidth <= most))
    throw new LabError('corrupt', `bitpack: width ${bitWidth} of 0 to ${most} bits`)
}

function checkPacked(bytes: Uint8Array, bitWidth: number, count: number): void {
  const needed = packedByteLength(bitWidth, count)
  if (bytes.length !== needed)
    throw new LabError(
      bytes.length < needed ? 'truncated' : 'corrupt',
      `bitpack: ${count} values of ${bitWidth} bits take ${needed} bytes, found ${bytes.length}`,
    )
  const usedBits = (bitWidth * count) % 8
  if (usedBits > 0 && bytes[needed - 1]! >> usedBits !== 0)
    throw new LabError('corrupt', 'bitpack: non-zero padding bits')
}

/**
 * One function a width, its 32 values written out with constant shifts, made when the width is first met: it unpacks
 * 13 bits at 2,000 M values/s where the loop with variable shifts makes 580. The source depends on the width alone.
 */
function kernelOf(kernels: Kernel[], bitWidth: number, source: (bitWidth: number) => string): Kernel {
  kernels[bitWidth] ??= new Function('from', 'to', 'blockCount', source(bitWidth)) as Kernel
  return kernels[bitWidth]
}

function packSource(bitWidth: number): string {
  const lines = Array.from({ length: blockValues }, (_, i) => `const v${i} = from[at + ${i}]`)
  for (let word = 0; word < bitWidth; word++) lines.push(`to[w + ${word}] = ${packedWord(bitWidth, word)}`)
  const all = Array.from({ length: blockValues }, (_, i) => `v${i}`).join(' | ')
  return loopSource(`w += ${bitWidth}`, [...lines, `seen |= ${all}`])
}

function packedWord(bitWidth: number, word: number): string {
  const parts: string[] = []
  for (let i = 0; i < blockValues; i++) {
    const shift = i * bitWidth - word * 32
    if (shift > -bitWidth && shift < 0) parts.push(`v${i} >>> ${-shift}`)
    else if (shift >= 0 && shift < 32) parts.push(`v${i} << ${shift}`)
  }
  return parts.join(' | ')
}

function unpackSource(bitWidth: number): string {
  const words = Array.from({ length: bitWidth }, (_, word) => `const w${word} = from[w + ${word}]`)
  const values = Array.from({ length: blockValues }, (_, i) => `to[at + ${i}] = ${unpackedValue(bitWidth, i)}`)
  return loopSource(`w += ${bitWidth}`, [...words, ...values])
}

function unpackedValue(bitWidth: number, index: number): string {
  if (bitWidth === 0) return '0'
  const bit = index * bitWidth
  const [word, shift] = [bit >> 5, bit & 31]
  const low = `w${word} >>> ${shift}`
  if (shift + bitWidth === 32) return low
  const all = shift + bitWidth > 32 ? `${low} | w${word + 1} << ${32 - shift}` : low
  return `(${all}) & ${2 ** bitWidth - 1}`
}

function loopSource(step: string, lines: readonly string[]): string {
  return `let seen = 0
for (let block = 0, w = 0, at = 0; block < blockCount; block++, ${step}, at += ${blockValues}) {
${lines.join('\n')}
}
return seen`
}
