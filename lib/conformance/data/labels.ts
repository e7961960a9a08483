import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import type { Trace } from '../../model/trace.ts'
import { traceKey } from '../../model/trace-id.ts'
import { markerOf, type Run, type SetDraft, tracesOf } from './draft.ts'

/** The traces of a set in a run, and the labels by which cases know them. */
export interface BuiltSet {
  readonly name: string
  readonly marker: string
  readonly traces: readonly Trace[]
  /** By label. */
  readonly byLabel: ReadonlyMap<string, Trace>
  /** The label of a trace by its id, with zeros in front or without. */
  traceLabel(id: string): string | undefined
  /** The label of a span; of several with one id that which starts then. */
  spanLabel(traceId: string, spanId: string, start?: string): string | undefined
}

export function buildSet(run: Run, name: string, draft: SetDraft): BuiltSet {
  const traces = tracesOf(run, name, draft)
  const labels = Object.keys(draft.traces)
  const byId = new Map(traces.map(({ traceId }, i) => [traceKey(traceId), labels[i]!]))
  const spans = new Map<string, { label: string; start: string }[]>()
  traces.forEach(({ traceId, spans: own }, i) => {
    const spanLabels = spanLabelsOf(labels[i]!, draft)
    own.forEach(({ spanId, startNanos }, j) => {
      const known = getOrInsert(spans, `${traceKey(traceId)}/${spanId}`, () => [])
      known.push({ label: spanLabels[j]!, start: String(startNanos) })
    })
  })
  return {
    name,
    marker: markerOf(run, name),
    traces,
    byLabel: new Map(traces.map((trace, i) => [labels[i]!, trace])),
    traceLabel: id => byId.get(traceKey(id)),
    spanLabel: (traceId, spanId, start) => {
      const known = spans.get(`${traceKey(traceId)}/${spanId}`)
      return (known?.find(span => span.start === start) ?? known?.[0])?.label
    },
  }
}

function spanLabelsOf(trace: string, { traces }: SetDraft): string[] {
  const own = Object.keys(traces[trace]!)
  return own.map(span => (own.length === 1 ? trace : `${trace}/${span}`))
}

/** The labels of spans that words of a case stand for, sorted: `trace`, `trace/a,b`, `trace/*`, `*`, and `-` for none. */
export function spanLabels(words: string, draft: SetDraft): string[] {
  const labels = words.split(/\s+/).flatMap(word => {
    if (word === '-') return []
    if (word === '*') return Object.keys(draft.traces).flatMap(trace => spanLabelsOf(trace, draft))
    const [, trace, spans = '*'] = /^(.*?)(?:\/(.*))?$/.exec(word)!
    if (!Object.hasOwn(draft.traces, trace!)) throw new LabError('invalid', `${word}: the set has no such trace`)
    const all = spanLabelsOf(trace!, draft)
    return spans === '*' ? all : spans.split(',').map(span => checked(`${trace}/${span}`, all))
  })
  return labels.sort()
}

function checked(label: string, known: readonly string[]): string {
  if (known.includes(label)) return label
  throw new LabError('invalid', `${label}: the trace has no such span`)
}
