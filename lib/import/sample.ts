import type { Trace } from '../model/trace.ts'
import type { Policy } from '../sampling/policy.ts'
import { Sample, type SampleReport } from '../sampling/sample.ts'
import { TraceSummaries } from '../sampling/summary.ts'
import { inTwoPasses } from './spool.ts'

/**
 * The traces that a policy keeps, in the order of all. All pass once before the first comes out: 60 bytes of each stay in
 * memory, the traces themselves in a temporary file. `onDecided` gets what was kept and lost.
 */
export function sampleTraces(
  batches: AsyncIterable<readonly Trace[]>,
  policy: Policy,
  onDecided: (report: SampleReport) => void = () => {},
): AsyncIterable<readonly Trace[]> {
  const summaries = new TraceSummaries()
  return inTwoPasses(
    batches,
    first => summaries.watch(first),
    again => {
      const sample = new Sample(policy, summaries)
      onDecided(sample.report())
      return sample.keep(again)
    },
  )
}
