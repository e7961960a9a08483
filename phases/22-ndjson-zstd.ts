import { decodeZstdFrames, encodeZstdFrames } from '../lib/codecs/zstd-frames.ts'
import { readTraces } from '../lib/formats/ndjson/parse.ts'
import { encodeTraces } from '../lib/formats/ndjson/print.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const phase: Phase = {
  title: 'NDJSON + zstd 19',
  idea: 'Reference: the lines of 01 compressed by the best general tool at hand.',
  fidelity: exact,
  isBaseline: true,
  async encode(batches, sink, options) {
    async function* chunks() {
      for await (const traces of batches) yield* encodeTraces(traces)
    }
    await encodeZstdFrames(chunks(), sink, zstdLevel(options, 19))
  },
  decode: file => readTraces(decodeZstdFrames(file)),
}

export default phase
