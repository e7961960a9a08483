import { expect } from 'vitest'
import type { RangeReader } from '../../lib/bytes/range.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { openMemory } from '../../lib/storage/memory.ts'
import { collect } from './chunks.ts'
import { drawn, isThorough } from './effort.ts'
import { labRejection } from './errors.ts'

export type Decode = (file: RangeReader) => AsyncIterable<readonly Trace[]>

/** Decodes to the end, and fails unless that ends in one of the lab's errors about what stands in the file. */
export async function expectRefusal(bytes: Uint8Array, decode: Decode, what: string): Promise<void> {
  const error = await labRejection(collect(decode(openMemory(bytes)))).catch(cause => {
    throw new Error(`${what}: ${cause}`, { cause })
  })
  expect(['truncated', 'corrupt', 'unsupported'], what).toContain(error.kind)
}

/** Where a file of so many bytes is cut: everywhere, or in its first and last hundred bytes and at each seventh. */
export function cutsOf(byteLength: number): number[] {
  const all = Array.from({ length: byteLength }, (_, length) => length)
  return isThorough ? all : all.filter(length => length < 100 || length >= byteLength - 100 || length % 7 === 0)
}

/** Every file that ends too early. */
export async function expectPrefixesRefused(bytes: Uint8Array, decode: Decode): Promise<void> {
  for (const length of cutsOf(bytes.length))
    await expectRefusal(bytes.subarray(0, length), decode, `the first ${length} of ${bytes.length} bytes`)
}

/** One bit changed, at places drawn with a seed. */
export async function expectFlipsRefused(
  bytes: Uint8Array,
  decode: Decode,
  count: number,
  seed: number,
): Promise<void> {
  let state = seed
  const draw = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  for (let i = 0; i < drawn(count); i++) {
    const broken = Uint8Array.from(bytes)
    const [at, bit] = [draw(bytes.length), draw(8)]
    broken[at] ^= 1 << bit
    await expectRefusal(broken, decode, `seed ${seed}: bit ${bit} of byte ${at} changed`)
  }
}
