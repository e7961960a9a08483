import { answerFromTiers } from '../lib/tiers/answer.ts'
import { decodeTiers, openTiers, tiersParts } from '../lib/tiers/file.ts'
import { parseTiers } from '../lib/tiers/tier-list.ts'
import { encodeTiers } from '../lib/tiers/write.ts'
import type { Phase } from './phase.ts'

/** Of a capture of minutes the ages of `convert --to tiers` would leave all in the exact tier: quarters of its time. */
const quarters = 'exact:25%,renamed:50%,exemplars:75%,rollup:inf'

const phase: Phase = {
  title: 'multi-resolution',
  idea: 'Less of what is older: exact, renamed, exemplars, rollups; quarters of the time, or all in one tier.',
  fidelity: {
    traceOrder: false,
    spanOrder: true,
    attributeOrder: true,
    spanIds: 'kept',
    lossy: [
      'renamed: span ids, links into other traces, attributes of spans, events and links with many values',
      'exemplars: traces but one per template and minute',
      'rollup: all but counts and durations by caller, service, operation, status and second',
    ],
  },
  variants: {
    quarters: { tiers: quarters },
    renamed: { tiers: 'renamed:inf' },
    exemplars: { tiers: 'exemplars:inf' },
    rollup: { tiers: 'rollup:inf' },
  },
  encode: async (batches, sink, { tiers, zstdLevel }) => {
    await encodeTiers(batches, sink, parseTiers(String(tiers)), typeof zstdLevel === 'number' ? zstdLevel : undefined)
  },
  decode: decodeTiers,
  answer: async (file, question) => answerFromTiers(await openTiers(file), question),
  parts: tiersParts,
}

export default phase
