import type { Limits } from '../model/limits.ts'
import type { SpanSource } from '../model/scan.ts'
import { joinedBy, scanOwn, scanShared } from './join-sources.ts'
import { type SharedTrace, sharedIds, sharedOf } from './shared-ids.ts'
import { sharedTracesApart } from './shared-traces.ts'

/**
 * A portion of what joined sources have, with all that is needed to answer for it elsewhere. One after the other, portions
 * give the batches of the joined sources.
 */
export interface SourcePortion {
  readonly kind: 'own' | 'shared'
  /** `own`: what each of these has alone. `shared`: traces of which each of these may have spans. */
  readonly sources: readonly SpanSource[]
  /** The traces that `sources` leave out as they are shared; or those that are given. */
  readonly traces: readonly SharedTrace[]
}

/** The portions of sources, of as many of them as `mayJoin` puts together. */
export async function portionsOf(
  sources: readonly SpanSource[],
  mayJoin: (sources: readonly SpanSource[]) => boolean,
  limits: Limits | undefined,
): Promise<SourcePortion[]> {
  const { traces } = sources.length === 1 ? { traces: [] } : await sharedIds(sources, limits)
  const portions: SourcePortion[] = groupsOf(sources, mayJoin).map(members => ({
    kind: 'own',
    sources: members,
    traces: traces.filter(({ places }) => members.some(source => places.has(source))),
  }))
  for (let start = 0; start < traces.length; start += sharedTracesApart) {
    const apart = traces.slice(start, start + sharedTracesApart)
    const members = sources.filter(source => apart.some(({ places }) => places.has(source)))
    portions.push({ kind: 'shared', sources: members, traces: apart })
  }
  return portions
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
export function portionSource({ kind, sources, traces }: SourcePortion): SpanSource {
  const scan = kind === 'own' ? scanOwn : scanShared
  const shared = sharedOf(sources, traces)
  return joinedBy(sources, (request, limits) => scan(sources, shared, request, limits))
}
