import { firstWhere } from '../bytes/search.ts'
import type { Limits } from '../model/limits.ts'
import type { SpanSource, TraceRange } from '../model/scan.ts'
import { joinedBy, scanOwn, scanShared } from './join-sources.ts'
import { type LeftOutTraces, leftOutAt, type SharedIds, type SharedTrace, sharedIds, sharedOf } from './shared-ids.ts'
import { sharedTracesApart } from './shared-traces.ts'

/** What each of some sources has alone. */
export interface OwnPortion {
  readonly kind: 'own'
  readonly sources: readonly SpanSource[]
  /** By source its traces that are left out as others share them. */
  readonly leftOut: readonly LeftOutTraces[]
  /** Of one source alone: no more than this part of it. */
  readonly within?: TraceRange | undefined
}

/** Traces of which each of some sources may have spans. */
export interface SharedPortion {
  readonly kind: 'shared'
  readonly sources: readonly SpanSource[]
  readonly traces: readonly SharedTrace[]
}

/**
 * A portion of what joined sources have, with all that is needed to answer for it elsewhere. One after the other, portions
 * give the batches of the joined sources.
 */
export type SourcePortion = OwnPortion | SharedPortion

export interface PortionSizes {
  /** Whether sources that follow one another go together. */
  mayJoin(sources: readonly SpanSource[]): boolean
  /** What a part of a source has that is larger, where it can be read in parts. */
  readonly partBytes: number
}

/** The portions of sources. */
export async function portionsOf(
  sources: readonly SpanSource[],
  { mayJoin, partBytes }: PortionSizes,
  limits: Limits | undefined,
): Promise<SourcePortion[]> {
  const shared = sources.length === 1 ? sharedOf(sources, []) : await sharedIds(sources, limits)
  const portions: SourcePortion[] = groupsOf(sources, mayJoin).flatMap(members =>
    ownPortions(members, shared, partBytes),
  )
  const { traces } = shared
  for (let start = 0; start < traces.length; start += sharedTracesApart) {
    const apart = traces.slice(start, start + sharedTracesApart)
    const members = sources.filter(source => apart.some(({ places }) => places.has(source)))
    portions.push({ kind: 'shared', sources: members, traces: apart })
  }
  return portions
}

/** What some sources have alone; of one that is large, a portion a part. */
function ownPortions(sources: readonly SpanSource[], shared: SharedIds, partBytes: number): OwnPortion[] {
  const leftOut = sources.map(source => shared.leftOutOf(source))
  const parts = sources.length === 1 ? (sources[0]!.parts?.(partBytes) ?? []) : []
  if (parts.length < 2) return [{ kind: 'own', sources, leftOut }]
  return parts.map(within => ({ kind: 'own', sources, leftOut: [inRange(leftOut[0]!, within)], within }))
}

function inRange(positions: LeftOutTraces, { start, end }: TraceRange): LeftOutTraces {
  if (!(positions instanceof Uint32Array)) return positions
  const from = (position: number) => firstWhere(positions.length, i => positions[i]! >= position)
  return positions.slice(from(start), from(end))
}

/** Neighbours that go together. */
function groupsOf<T>(items: readonly T[], mayJoin: (group: readonly T[]) => boolean): T[][] {
  const groups: T[][] = []
  for (const item of items) {
    const last = groups.at(-1)
    if (last !== undefined && mayJoin([...last, item])) last.push(item)
    else groups.push([item])
  }
  return groups
}

/** What a portion has. */
export function portionSource(portion: SourcePortion): SpanSource {
  const { sources } = portion
  if (portion.kind === 'shared') {
    const shared = sharedOf(sources, portion.traces)
    return joinedBy(sources, (request, limits) => scanShared(sources, shared, request, limits))
  }
  const { within } = portion
  const leftOut = leftOutAt(new Map(sources.map((source, i) => [source, portion.leftOut[i]!])))
  const joined = joinedBy(sources, (request, limits) => scanOwn(sources, leftOut, { ...request, within }, limits))
  return { ...joined, cost: request => joined.cost({ ...request, within }) }
}
