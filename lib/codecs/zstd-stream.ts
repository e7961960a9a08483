import { createRequire } from 'node:module'
import type { ChunkInput } from '../bytes/chunk-input.ts'
import type { Range } from '../bytes/range.ts'
import { LabError } from '../error.ts'
import { decodeMembers, type MemberFormat } from './members.ts'
import { decodeZstdFrame } from './zstd-frames.ts'

const require = createRequire(import.meta.url)
const outputLength = 1 << 18
const maxHeldLength = 2 ** 30
const skippableHeadLength = 8

type Binding = typeof import('zstd-napi/binding.js')

/**
 * Undoes zstd, frame after frame, whatever wrote it. Without the native package the input is held whole (1 GiB at most)
 * and each frame must say the size of its content.
 */
export function decompressZstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const binding = loadBinding()
  return binding === undefined ? decompressHeldZstd(chunks) : decodeMembers(chunks, zstd(nativeFrame(binding)))
}

/** As decompressZstd does without the native package. */
export function decompressHeldZstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return decodeMembers(chunks, zstd(heldFrame))
}

/** True where a frame of zstd may begin, be it one that is passed over (RFC 8878, 3.1). */
export function beginsZstd(head: Uint8Array): boolean {
  return magicOf(head) === 0xfd2fb528 || isSkippable(head)
}

function zstd(decode: (input: ChunkInput) => AsyncIterable<Uint8Array>): MemberFormat {
  return {
    name: 'zstd',
    member: 'frame',
    begins: beginsZstd,
    async *decode(input) {
      if (isSkippable(input.held)) await skipFrame(input)
      else yield* decode(input)
    },
  }
}

function magicOf(head: Uint8Array): number {
  return head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true)
}

function isSkippable(head: Uint8Array): boolean {
  return magicOf(head) >>> 4 === 0x184d2a5
}

async function skipFrame(input: ChunkInput): Promise<void> {
  const head = await input.fill(skippableHeadLength)
  const byteLength = head < skippableHeadLength ? skippableHeadLength : skippableHeadLength + input.held.readUInt32LE(4)
  if ((await input.skip(byteLength)) > 0) throw cut(input.offset)
}

function loadBinding(): Binding | undefined {
  try {
    return require('zstd-napi/binding.js') as Binding
  } catch {
    return undefined
  }
}

function nativeFrame(binding: Binding): MemberFormat['decode'] {
  const context = new binding.DCtx()
  return async function* frame(input) {
    const start = input.offset
    context.reset(binding.ResetDirective.sessionOnly)
    for (let chunk = await input.takeChunk(); chunk !== undefined; chunk = await input.takeChunk()) {
      for (let isFull = false; chunk.length > 0 || isFull; ) {
        const output = Buffer.allocUnsafe(outputLength)
        const [left, produced, consumed] = decode(() => context.decompressStream(output, chunk!), start)
        if (produced > 0) yield output.subarray(0, produced)
        chunk = chunk.subarray(consumed)
        isFull = produced === outputLength
        if (left === 0) return input.putBack(chunk)
      }
    }
    throw cut(input.offset)
  }
}

function decode<T>(run: () => T, start: number): T {
  try {
    return run()
  } catch (cause) {
    throw new LabError('corrupt', `zstd: the frame at byte ${start}: ${(cause as Error).message}`, { cause })
  }
}

async function* heldFrame(input: ChunkInput): AsyncIterable<Uint8Array> {
  const byteLength = await input.fill(maxHeldLength + 1)
  if (byteLength > maxHeldLength)
    throw new LabError('unsupported', `zstd: more than ${maxHeldLength} bytes need the package zstd-napi`)
  const { held, offset } = input
  const read = async (ranges: readonly Range[]) =>
    ranges.map(({ start, end }) => held.subarray(start - offset, end - offset))
  const frame = await decodeZstdFrame({ byteLength: offset + byteLength, read }, offset)
  input.take(frame.byteLength)
  yield frame.content
}

function cut(offset: number): LabError {
  return new LabError('truncated', `zstd: ends at byte ${offset} inside a frame`)
}
