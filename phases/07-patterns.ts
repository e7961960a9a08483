import { columnarParts, decodeColumnarFile, encodeColumnarFile } from '../lib/formats/columnar/file.ts'
import type { Trace } from '../lib/model/trace.ts'
import { pruneTrace } from '../lib/patterns/prune.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

async function* pruned(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
  for await (const batch of batches) yield batch.map(trace => pruneTrace(trace))
}

const phase: Phase = {
  title: 'trace patterns',
  idea: 'Traces of one shape predict each other, and of texts with numbers in them only what differs is kept.',
  fidelity: exact,
  variants: {
    exact: {},
    renamed: { derivesIds: true },
    pruned: { prunes: true },
  },
  fidelities: {
    renamed: { ...exact, spanIds: 'renamed' },
    pruned: {
      ...exact,
      lossy: [
        'spans that are like four others or more below spans of one name, but for their number, extremes, sum and histogram of durations',
        "their attributes but for the slowest span's, their events, links and trace states",
      ],
    },
  },
  encode: (batches, sink, { derivesIds, prunes, ...options }) => {
    const layout = { hasTemplates: true, derivesIds: derivesIds === true }
    return encodeColumnarFile(prunes ? pruned(batches) : batches, sink, zstdLevel(options, 19), layout)
  },
  decode: file => decodeColumnarFile(file),
  parts: file => columnarParts(file),
}

export default phase
