import { decodeCborFile, encodeCborFile } from '../lib/formats/cbor/file.ts'
import { decodeCborFrames, encodeCborFrames, isCborFrames } from '../lib/formats/cbor/frames.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const ownLevel = 19
const blockBytes = 16 << 20

const phase: Phase = {
  title: 'CBOR + zstd',
  idea: 'The CBOR of 02 in independent zstd frames of 16 MiB; by-trace: a frame a trace over a shared dictionary.',
  fidelity: exact,
  variants: { blocks: { frames: 'blocks' }, 'by-trace': { frames: 'by-trace' } },
  encode(batches, sink, options) {
    const level = zstdLevel(options, ownLevel)
    return options.frames === 'by-trace'
      ? encodeCborFrames(batches, sink, level)
      : encodeCborFile(batches, sink, { codec: 'zstd', blockBytes, level })
  },
  async *decode(file) {
    yield* (await isCborFrames(file)) ? decodeCborFrames(file) : decodeCborFile(file)
  },
}

export default phase
