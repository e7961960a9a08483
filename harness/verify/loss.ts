import type { RangeReader } from '../../lib/bytes/range.ts'
import { keptSource } from '../../lib/model/kept-source.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { SourceAsker } from '../../lib/questions/ask-source.ts'
import { classesOf, type TraceClasses } from '../../lib/questions/classes.ts'
import { type Ask, askTruths, type Price, priceOf } from '../../lib/questions/price.ts'
import { questionSet } from '../../lib/questions/questions.ts'
import { weightedSource } from '../../lib/sampling/weights.ts'
import type { Phase } from '../../phases/phase.ts'
import { holdSome } from '../open/hold.ts'
import { type AttributeLoss, attributeLosses } from './attribute-loss.ts'
import type { Batches } from './verify.ts'

/** Shares of the original's traces that come back whole; null where there are none of the kind. */
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
    survived: survivedOf(traces, classesOf(traces), wholeTraceIds),
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

/** Shares of traces that survive. */
export function survivedOf(traces: readonly Trace[], classes: TraceClasses, whole: ReadonlySet<string>): Survived {
  const share = (ids: ReadonlySet<string>) =>
    ids.size === 0 ? null : [...ids].filter(id => whole.has(id)).length / ids.size
  const { errors, slow, rare } = classes
  return { all: whole.size / traces.length, errors: share(errors), slow: share(slow), rare: share(rare) }
}
