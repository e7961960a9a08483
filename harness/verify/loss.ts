import type { RangeReader } from '../../lib/bytes/range.ts'
import { keptSource } from '../../lib/model/kept-source.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { traceKey } from '../../lib/model/trace-id.ts'
import { SourceAsker } from '../../lib/questions/ask-source.ts'
import { type Ask, type Asked, askTruths, type Price, priceOf } from '../../lib/questions/price.ts'
import { questionSet } from '../../lib/questions/questions.ts'
import { rareTraces } from '../../lib/questions/traces.ts'
import { weightedSource } from '../../lib/sampling/weights.ts'
import type { Phase } from '../../phases/phase.ts'
import { holdSome } from '../open/hold.ts'
import { type AttributeLoss, attributeLosses } from './attribute-loss.ts'
import type { Batches } from './verify.ts'

/**
 * Shares of the original's traces that come back whole; null where there are none of the kind. Slow ones are what the
 * search for slow traces finds, rare ones have a template that next to no others have.
 */
export interface Survived {
  readonly all: number
  readonly errors: number | null
  readonly slow: number | null
  readonly rare: number | null
}

/** What a lossy file costs those who ask it. */
export interface Loss {
  readonly price: readonly Price[]
  readonly survived: Survived
  readonly attributes: readonly AttributeLoss[]
}

/** The original and what was kept of it. */
export interface Kept {
  original(): Batches
  phase: Phase
  file: RangeReader
  wholeTraceIds: ReadonlySet<string>
}

/** Asks the original and what was kept the same questions; null where all is whole, or has too many spans to be held. */
export async function measureLoss({ original, phase, file, wholeTraceIds }: Kept): Promise<Loss | null> {
  const traces = await holdSome(original())
  if (traces === undefined || wholeTraceIds.size === traces.length) return null
  const asker = new SourceAsker(weightedSource(keptSource(traces)))
  const asked = await askTruths(await questionSet(asker), question => asker.ask(question))
  return {
    price: await priceOf(asked, await askKept(phase, file)),
    survived: survivedOf(traces, asked, wholeTraceIds),
    attributes: await attributeLosses(original(), phase.decode(file)),
  }
}

/** By the phase's own answers, else by what it opens for queries, else by all that it decodes. */
async function askKept(phase: Phase, file: RangeReader): Promise<Ask> {
  if (phase.answer) return question => phase.answer!(file, question)
  const asker = new SourceAsker(
    phase.open ? await phase.open(file) : weightedSource(keptSource((await holdSome(phase.decode(file)))!)),
  )
  return question => asker.ask(question)
}

/** Shares of traces that survive, by what the truth found. */
export function survivedOf(
  traces: readonly Trace[],
  asked: readonly Asked[],
  wholeTraceIds: ReadonlySet<string>,
): Survived {
  const whole = new Set([...wholeTraceIds].map(traceKey))
  const share = (ids: Iterable<string>) => {
    const all = [...ids]
    return all.length === 0 ? null : all.filter(id => whole.has(id)).length / all.length
  }
  return {
    all: wholeTraceIds.size / traces.length,
    errors: share(foundBy(asked, 'search errors')),
    slow: share(foundBy(asked, 'search slow traces')),
    rare: share(rareTraces(traces)),
  }
}

/** The traces that truly answer a search. */
function foundBy(asked: readonly Asked[], name: string): ReadonlySet<string> {
  const truth = asked.find(group => group.name === name)!.questions[0]!.truth
  return truth.kind === 'traces' ? truth.traceIds : new Set()
}
