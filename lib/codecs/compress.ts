import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bytesToFill } from '../bytes/arena.ts'
import { LabError } from '../error.ts'
import { checkReach, contentOf } from './content.ts'
import { lz4Compressor, lz4Decompressor } from './lz4.ts'
import { snappyCompressor, snappyDecompressor } from './snappy.ts'

const require = createRequire(import.meta.url)

/** One zstd implementation. Every frame we write carries its content size; nothing else depends on the provider. */
interface ZstdProvider {
  readonly name: string
  /** A compressor for many calls at one level, over one raw-content dictionary if given. */
  compressor(level: number, dictionary?: Uint8Array): (bytes: Uint8Array) => Uint8Array
  /** A decompressor for many calls; `byteLength` is the size of the content, already checked against the frame. */
  decompressor(dictionary?: Uint8Array): (frame: Uint8Array, byteLength: number) => Uint8Array
}

/** What the glue code of the WebAssembly package offers, and asks for. */
interface WasmModule {
  instantiateWasm(imports: object, receive: (instance: WasmInstance) => void): unknown
  init(): void
}

interface WasmInstance {
  readonly exports: object
}

/** The part of `WebAssembly` that is used; the types of Node 20 do not have it. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (binary: Uint8Array) => object
    Instance: new (module: object, imports: object) => WasmInstance
  }
}

/** No block of a zstd frame holds more than 128 KiB or takes less than 4 bytes where it holds any (RFC 8878, 3.1.1.2). */
const maxBytesPerStoredByte = (128 << 10) / 4

export const zstdLevels = { min: 1, max: 22 } as const

/** Where the content size is in a zstd frame, by the frame's descriptor, its fifth byte (RFC 8878, 3.1.1.1). */
export function zstdSizeField(descriptor: number): { at: number; byteLength: number } {
  const isSingleSegment = (descriptor & 0x20) !== 0
  return {
    at: 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!,
    byteLength: [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!,
  }
}

/** The content size that a zstd frame declares (RFC 8878, 3.1.1), or undefined if it is not a frame or declares none. */
export function zstdContentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return undefined
  const { at, byteLength } = zstdSizeField(frame[4]!)
  if (byteLength === 0 || at + byteLength > frame.length) return undefined
  if (byteLength === 1) return frame[at]!
  if (byteLength === 2) return view.getUint16(at, true) + 256
  return byteLength === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}

function loadNative(): ZstdProvider {
  const zstd = require('zstd-napi') as typeof import('zstd-napi')
  const binding = require('zstd-napi/binding.js') as typeof import('zstd-napi/binding.js')
  return {
    name: `zstd-napi, zstd ${binding.versionString()}`,
    compressor(level, dictionary) {
      const compressor = new zstd.Compressor()
      compressor.setParameters({ compressionLevel: level })
      if (dictionary) compressor.loadDictionary(dictionary)
      return bytes => compressor.compress(bytes)
    },
    decompressor(dictionary) {
      const context = new binding.DCtx()
      if (dictionary) context.loadDictionary(dictionary)
      return (frame, byteLength) => {
        const content = bytesToFill(byteLength)
        return content.subarray(0, context.decompress(content, frame))
      }
    },
  }
}

/** Puts the package's parts together at once; its own `init` does the same, but later. */
function loadWasm(): ZstdProvider {
  const zstd = require('@bokuweb/zstd-wasm') as typeof import('@bokuweb/zstd-wasm')
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'))
  const { Module } = require(join(folder, 'module.js')) as { Module: WasmModule }
  const binary = new WebAssembly.Module(readFileSync(join(folder, 'zstd.wasm')))
  Module.instantiateWasm = (imports, receive) => {
    const instance = new WebAssembly.Instance(binary, imports)
    receive(instance)
    return instance.exports
  }
  Module.init()
  return {
    name: 'zstd-wasm',
    compressor(level, dictionary) {
      if (!dictionary) return bytes => zstd.compress(bytes, level)
      const context = zstd.createCCtx()
      return bytes => zstd.compressUsingDict(context, bytes, dictionary, level)
    },
    decompressor(dictionary) {
      if (!dictionary) return frame => zstd.decompress(frame)
      const context = zstd.createDCtx()
      return frame => zstd.decompressUsingDict(context, frame, dictionary)
    },
  }
}

/** A provider is good when it keeps its input and heeds the level (two widespread packages ignore it). */
function passes(provider: ZstdProvider): boolean {
  const sample = Buffer.from(
    Array.from({ length: 2000 }, (_, i) => `span ${i % 61} of ${(i * i) % 17} took ${(i * 7919) % 1000} ms;`).join(''),
  )
  const [low, high] = [1, 19].map(level => provider.compressor(level)(sample))
  const restored = provider.decompressor()(high!, sample.length)
  return high!.length < low!.length && Buffer.compare(restored, sample) === 0
}

function choose(): ZstdProvider {
  for (const load of [loadNative, loadWasm]) {
    const provider = working(load)
    if (provider) return provider
  }
  throw new LabError('missing', 'zstd: no working provider; run npm ci again')
}

function working(load: () => ZstdProvider): ZstdProvider | undefined {
  try {
    const provider = load()
    return passes(provider) ? provider : undefined
  } catch {
    return undefined
  }
}

let chosen: ZstdProvider | undefined

/** Chosen when zstd is first used. */
function provider(): ZstdProvider {
  chosen ??= choose()
  return chosen
}

/** The zstd in use, with its version: sizes are comparable only between runs of the same one. */
export function zstdProvider(): string {
  return provider().name
}

/** Compresses each call into one frame with its content size, at `level`, against `dictionary` (raw content) if given. */
export function zstdCompressor(level: number, dictionary?: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  let compress: ((bytes: Uint8Array) => Uint8Array) | undefined
  return bytes => {
    compress ??= provider().compressor(level, dictionary)
    return compress(bytes)
  }
}

/**
 * Decompresses one frame to exactly `byteLength` bytes. A frame that declares another size, or none, is refused before
 * the codec is called and before memory is taken.
 */
export function zstdDecompressor(dictionary?: Uint8Array): (frame: Uint8Array, byteLength: number) => Uint8Array {
  let decompress: ReturnType<ZstdProvider['decompressor']> | undefined
  return (frame, byteLength) => {
    const declared = zstdContentSize(frame)
    if (declared !== byteLength)
      throw new LabError('corrupt', `zstd frame: expected ${byteLength} bytes, declares ${declared ?? 'no size'}`)
    checkReach('zstd frame', frame, byteLength, maxBytesPerStoredByte)
    decompress ??= provider().decompressor(dictionary)
    const content = decompress
    return contentOf('zstd frame', byteLength, () => content(frame, byteLength))
  }
}

/** The general codecs, by the names that configurations and files know. */
export const generalCodecs = ['none', 'zstd', 'snappy', 'lz4'] as const

export type GeneralCodec = (typeof generalCodecs)[number]

/** Both directions of a codec. Only zstd heeds the level: 0 is its own default, else 1 to 22. */
interface Binding {
  compressor(level: number): (bytes: Uint8Array) => Uint8Array
  decompressor(): (stored: Uint8Array, byteLength: number) => Uint8Array
}

/** For all that need no dictionary: what it takes to make one is more than what a page takes. */
const plainZstd = zstdDecompressor()

const bindings: Readonly<Record<GeneralCodec, Binding>> = {
  none: {
    compressor: () => bytes => bytes,
    decompressor: () => (stored, byteLength) => contentOf('plain bytes', byteLength, () => stored),
  },
  zstd: { compressor: level => zstdCompressor(level), decompressor: () => plainZstd },
  snappy: { compressor: snappyCompressor, decompressor: snappyDecompressor },
  lz4: { compressor: lz4Compressor, decompressor: lz4Decompressor },
}

/** Compresses each call on its own. What comes back may be the input itself. */
export function compressor(codec: GeneralCodec, level: number): (bytes: Uint8Array) => Uint8Array {
  return bindings[codec].compressor(level)
}

/**
 * Gives back exactly `byteLength` bytes, which may be a view of what was stored. Stored bytes that declare or hold
 * another size, or that cannot reach it, are `corrupt`, and no memory is taken for a size that they cannot reach.
 */
export function decompressor(codec: GeneralCodec): (stored: Uint8Array, byteLength: number) => Uint8Array {
  return bindings[codec].decompressor()
}
