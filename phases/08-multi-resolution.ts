import { answerFromTiers } from '../lib/tiers/answer.ts'
import { decodeTiers, openTiers, tiersParts } from '../lib/tiers/file.ts'
import { parseTiers } from '../lib/tiers/tier-list.ts'
import { encodeTiers } from '../lib/tiers/write.ts'
import { exact, type Fidelity, type Phase } from './phase.ts'

/** Of a capture of minutes the ages of `convert --to tiers` would leave all in the exact tier: quarters of its time. */
const quarters = 'exact:25%,renamed:50%,exemplars:75%,rollup:inf'

const lost = {
  renamed:
    'renamed: span ids, where links into other traces lead, and attributes of spans, events and links with many values',
  exemplars: 'exemplars: traces but one per template and minute',
  rollup: 'rollup: all but counts and durations by caller, service, operation, status and second',
} as const

function losing(...tiers: (keyof typeof lost)[]): Fidelity {
  return { ...exact, traceOrder: false, lossy: tiers.map(tier => lost[tier]) }
}

const phase: Phase = {
  title: 'multi-resolution',
  idea: 'Less of what is older: exact, renamed, exemplars, rollups; quarters of the time, or all in one tier.',
  fidelity: losing('renamed', 'exemplars', 'rollup'),
  fidelities: { renamed: losing('renamed'), exemplars: losing('exemplars'), rollup: losing('rollup') },
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
