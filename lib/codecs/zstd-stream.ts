import { createRequire } from 'node:module'
import type { Range } from '../bytes/range.ts'
import { LabError } from '../error.ts'
import { decodeZstdFrames } from './zstd-frames.ts'

const require = createRequire(import.meta.url)
const outputLength = 1 << 18
const maxHeldLength = 2 ** 30

type Binding = typeof import('zstd-napi/binding.js')

/**
 * Undoes zstd, frame after frame, whatever wrote it. Without the native package the input is held whole (1 GiB at most)
 * and each frame must say the size of its content.
 */
export function decompressZstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const binding = loadBinding()
  return binding === undefined ? decompressHeldZstd(chunks) : decompressNatively(binding, chunks)
}

function loadBinding(): Binding | undefined {
  try {
    return require('zstd-napi/binding.js') as Binding
  } catch {
    return undefined
  }
}

async function* decompressNatively(binding: Binding, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const context = new binding.DCtx()
  let isInFrame = false
  let offset = 0
  for await (const chunk of chunks) {
    let input = chunk
    for (let isFull = false; input.length > 0 || isFull; ) {
      const output = Buffer.allocUnsafe(outputLength)
      const [left, produced, consumed] = decode(() => context.decompressStream(output, input), offset)
      if (produced > 0) yield output.subarray(0, produced)
      input = input.subarray(consumed)
      offset += consumed
      isInFrame = left !== 0
      isFull = isInFrame && produced === outputLength
    }
  }
  if (isInFrame) throw new LabError('truncated', `zstd: ends at byte ${offset} inside a frame`)
}

function decode<T>(run: () => T, offset: number): T {
  try {
    return run()
  } catch (cause) {
    throw new LabError('corrupt', `zstd: behind byte ${offset}: ${(cause as Error).message}`, { cause })
  }
}

/** As decompressZstd does without the native package. */
export async function* decompressHeldZstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const parts: Uint8Array[] = []
  let byteLength = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    byteLength += chunk.length
    if (byteLength > maxHeldLength)
      throw new LabError('unsupported', `zstd: more than ${maxHeldLength} bytes need the package zstd-napi`)
  }
  const bytes = Buffer.concat(parts, byteLength)
  const read = async (ranges: readonly Range[]) => ranges.map(({ start, end }) => bytes.subarray(start, end))
  let contentLength = 0
  for await (const content of decodeZstdFrames({ byteLength, read })) {
    contentLength += content.length
    if (contentLength > maxHeldLength)
      throw new LabError('unsupported', `zstd: more than ${maxHeldLength} bytes of content need the package zstd-napi`)
    yield content
  }
}
