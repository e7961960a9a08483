import { blockpackParts } from '../lib/formats/blockpack/parts.ts'
import { blockpackSource } from '../lib/formats/blockpack/query/source.ts'
import { BlockpackReader, decodeBlockpack } from '../lib/formats/blockpack/read/reader.ts'
import { configure } from '../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../lib/formats/blockpack/write/writer.ts'
import { sampleTraces } from '../lib/import/sample.ts'
import { parsePolicy } from '../lib/sampling/policy.ts'
import { weightedSource } from '../lib/sampling/weights.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'sampling',
  idea: 'Some traces, whole, in blockpack: chosen by their randomness, with their weights in the trace state.',
  fidelity: { ...exact, lossy: ['traces that are not chosen', 'th and rv of the trace state'] },
  variants: {
    'combined-1': { policy: 'combined:1%' },
    'errors-1': { policy: 'tail:errors,head=1%' },
    'head-1': { policy: 'head:1%' },
    'head-10': { policy: 'head:10%' },
  },
  encode(batches, sink, { policy, zstdLevel }) {
    const level = typeof zstdLevel === 'number' ? { compressionLevel: zstdLevel } : {}
    const { config } = configure('default', {}, level)
    return encodeBlockpack(sampleTraces(batches, parsePolicy(String(policy))), sink, config)
  },
  decode: file => decodeBlockpack(file),
  open: async file => weightedSource(blockpackSource(await BlockpackReader.open(file))),
  parts: blockpackParts,
}

export default phase
