import type { TimeRange } from '../model/question.ts'
import type { SpanSource } from '../model/scan.ts'
import { joinSources } from '../search/join-sources.ts'
import { startsOf, type TierFacts } from './contents.ts'
import type { TiersFile } from './file.ts'

/** Whether a tier holds every span of its traces. */
export function isHeld({ name }: Pick<TierFacts, 'name'>): boolean {
  return name === 'exact' || name === 'renamed'
}

/** The tiers that have a span in the range. */
export function touched({ contents }: TiersFile, range: TimeRange | undefined): TierFacts[] {
  return contents.tiers.filter(facts => {
    const starts = startsOf(facts)
    return starts && (!range || (starts.first < range.endNanos && starts.last >= range.startNanos))
  })
}

/** Whether every span of the range is held. */
export function isWhole(file: TiersFile, range: TimeRange | undefined): boolean {
  return touched(file, range).every(isHeld)
}

/** The spans of the tiers that hold all of theirs. */
export function wholeSource({ contents, sources }: TiersFile): SpanSource {
  return joinSources(
    contents.tiers.flatMap(({ name }) => (name === 'exact' || name === 'renamed' ? (sources.get(name) ?? []) : [])),
  )
}
