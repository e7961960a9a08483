import { type FoundSet, type FoundTrace, type KeyedValue, printKeyed, sortKeyed } from '../api/response.ts'
import { markerKey } from '../data/draft.ts'
import { spanLabels } from '../data/labels.ts'
import { type CheckMaker, differing, type Judged, listsDiffer } from './check.ts'
import { tracesIn } from './whole.ts'

/** Exactly these spans, in any spanset. */
export const spansCheck: CheckMaker = (words, draft) => {
  const expected = spanLabels(words, draft)
  return async judged => listsDiffer(expected, await foundSpans(judged))
}

async function foundSpans(judged: Judged): Promise<string[]> {
  const { set, request } = judged
  if (!request.verb.startsWith('trace')) return [...new Set(foundSets(judged).flatMap(({ spans }) => spans))].sort()
  const traces = await tracesIn(judged)
  return traces.flatMap(({ traceId, spans }) =>
    spans.map(({ spanId, startNanos }) => set.spanLabel(traceId, spanId, String(startNanos)) ?? spanId),
  )
}

interface LabelledSet {
  readonly trace: string
  readonly spans: readonly string[]
  readonly found: FoundSet
}

/** All spansets, with the labels of their spans. */
function foundSets({ json, set }: Judged): LabelledSet[] {
  return (json.traces ?? []).flatMap(trace => {
    const label = set.traceLabel(trace.traceID) ?? trace.traceID
    return spanSetsOf(trace).map(found => ({
      ...{ trace: label, found },
      spans: (found.spans ?? []).map(({ spanID, startTimeUnixNano }) => {
        const start = String(startTimeUnixNano ?? '')
        return set.spanLabel(trace.traceID, spanID, start) ?? `${label}/${spanID}`
      }),
    }))
  })
}

export function spanSetsOf({ spanSets, spanSet }: FoundTrace): readonly FoundSet[] {
  return spanSets ?? (spanSet === undefined ? [] : [spanSet])
}

/** Exactly these spansets: a trace, its attributes, a colon and its spans. */
export const setsCheck: CheckMaker = (words, draft) => {
  const expected = words.split('\n').map(line => {
    const [, trace, attributes, spans] = /^(\S+)\s+(.*?)\s*: ([^:]*)$/.exec(line) ?? [line, '', '', '-']
    return printSet(trace!, sortKeyed(attributes!), spanLabels(spans!, draft))
  })
  return judged =>
    listsDiffer(
      expected,
      foundSets(judged).map(({ trace, found, spans }) => printSet(trace, printKeyed(found.attributes), spans)),
    )
}

function printSet(trace: string, attributes: string, spans: readonly string[]): string {
  return `${trace} (${attributes}): ${spans.toSorted().join(' ')}`
}

/** Exactly these attributes beside a span. */
export const showCheck: CheckMaker = (words, draft) => {
  const [, label, attributes] = /^(\S+)\s*(.*)$/.exec(words)!
  const [expected] = spanLabels(label!, draft)
  const shown = sortKeyed(attributes === '-' ? '' : attributes!)
  return judged => {
    for (const { found, spans } of foundSets(judged)) {
      const at = spans.indexOf(expected!)
      if (at >= 0) return differing(shown, printKeyed(found.spans![at]!.attributes?.filter(isNoMarker)))
    }
    return `misses ${expected}`
  }
}

/** The marker is a condition of every query, which servers show beside what the query asks for. */
function isNoMarker({ key }: KeyedValue): boolean {
  return key !== markerKey
}

/** Which traces, in which order, or how many of the set. */
export function tracesCheck(kind: 'traces' | 'order' | 'count'): CheckMaker {
  return (words, draft) => {
    const expected = words.split(/\s+/).filter(word => word !== '-')
    if (kind !== 'count') spanLabels(words, draft)
    return ({ json, set }) => {
      const found = (json.traces ?? []).map(({ traceID }) => set.traceLabel(traceID) ?? traceID)
      if (kind === 'count') return differing(`${expected[0]} traces`, `${new Set(found).size} traces`)
      return kind === 'order' ? differing(expected.join(' '), found.join(' ')) : listsDiffer(expected, found)
    }
  }
}
