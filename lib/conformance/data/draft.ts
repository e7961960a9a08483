import { createHash } from 'node:crypto'
import type { Attributes, Span, Trace, Value } from '../../model/trace.ts'
import { kindNames, statusNames } from '../../traceql/language/fields.ts'

/** Attributes by key; as pairs where a key repeats. */
export type Pairs = Readonly<Record<string, Value>> | readonly (readonly [key: string, value: Value])[]

/** A span as a set writes it. */
export interface SpanDraft {
  /** The label of its parent; a label that the trace does not have is an id of no span. */
  readonly parent?: string
  /** The label of a span whose id it has, too. */
  readonly sharesId?: string
  /** When it starts, in nanoseconds after the base of the run. */
  readonly at?: bigint
  /** How long it is, 1 ms unless said otherwise; it may end before it starts. */
  readonly nanos?: bigint
  readonly name?: string
  readonly kind?: (typeof kindNames)[number]
  readonly status?: (typeof statusNames)[number]
  readonly message?: string
  readonly attributes?: Pairs
  /** Beside the marker; `service.name` is `svc` unless they are given. */
  readonly resource?: Pairs
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: Pairs }
  readonly events?: readonly { readonly name: string; readonly after?: bigint; readonly attributes?: Pairs }[]
  /** To a span of the set as `trace/span`. */
  readonly links?: readonly { readonly to: string; readonly attributes?: Pairs }[]
}

export type TraceDraft = Readonly<Record<string, SpanDraft>>

/** Traces by their labels, each with its spans by theirs. */
export interface SetDraft {
  readonly traces: Readonly<Record<string, TraceDraft>>
  /** How many zeros the id of a trace begins with. */
  readonly zeros?: Readonly<Record<string, number>>
  /** Each span in a request of its own, and twice. */
  readonly isInPieces?: boolean
}

export const microsecond = 1_000n
export const millisecond = 1_000_000n
export const second = 1_000_000_000n

/** A trace of one span. */
export function single(span: SpanDraft): TraceDraft {
  return { s: span }
}

/** What tells the data of one run from all other. */
export interface Run {
  readonly name: string
  /** A whole minute; all times of the data are about it. */
  readonly baseNanos: bigint
}

/** The attribute of resources that marks the data of a run. */
export const markerKey = 'conformance.run'

export function markerOf(run: Run, set: string): string {
  return `${run.name}-${set}`
}

/** The traces of a set as a run pushes them, in the order of the set. */
export function tracesOf(run: Run, set: string, { traces, zeros = {} }: SetDraft): Trace[] {
  return Object.entries(traces).map(([label, spans]) => ({
    traceId: traceIdOf(run, set, label, zeros[label]),
    spans: Object.entries(spans).map(([own, draft]) => {
      const idOf = (span: string) => idFrom(`${run.name}/${set}/${label}/${span}`, 8)
      const linkedIdOf = (to: string) => {
        const [trace, span = 's'] = to.split('/')
        return [traceIdOf(run, set, trace!, zeros[trace!]), idFrom(`${run.name}/${set}/${trace}/${span}`, 8)] as const
      }
      return spanOf(draft, { run, set, own, idOf, linkedIdOf })
    }),
  }))
}

function traceIdOf(run: Run, set: string, label: string, zeros = 0): string {
  return idFrom(`${run.name}/${set}/${label}`, 16).slice(zeros).padStart(32, '0')
}

function idFrom(text: string, byteLength: number): string {
  const id = createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * byteLength)
  // An id without zeros in front is the same text in every server.
  return id.startsWith('0') ? `f${id.slice(1)}` : id
}

interface Place {
  readonly run: Run
  readonly set: string
  readonly own: string
  idOf(label: string): string
  linkedIdOf(to: string): readonly [traceId: string, spanId: string]
}

function spanOf(draft: SpanDraft, { run, set, own, idOf, linkedIdOf }: Place): Span {
  const { at = 0n, nanos = millisecond, parent, scope, resource = { 'service.name': 'svc' } } = draft
  const startNanos = run.baseNanos + at
  return {
    spanId: idOf(draft.sharesId ?? own),
    parentSpanId: parent === undefined ? '' : idOf(parent),
    traceState: '',
    flags: 0,
    name: draft.name ?? own,
    kind: kindNames.indexOf(draft.kind ?? 'internal'),
    startNanos,
    endNanos: startNanos + nanos,
    attributes: listOf(draft.attributes),
    droppedAttributesCount: 0,
    events: (draft.events ?? []).map(({ name, after = 0n, attributes }) => ({
      ...{ name, timeNanos: startNanos + after, attributes: listOf(attributes), droppedAttributesCount: 0 },
    })),
    droppedEventsCount: 0,
    links: (draft.links ?? []).map(({ to, attributes }) => {
      const [traceId, spanId] = linkedIdOf(to)
      return { traceId, spanId, traceState: '', flags: 0, attributes: listOf(attributes), droppedAttributesCount: 0 }
    }),
    droppedLinksCount: 0,
    status: { code: statusNames.indexOf(draft.status ?? 'unset'), message: draft.message ?? '' },
    resource: {
      attributes: [...listOf(resource), { key: markerKey, value: markerOf(run, set) }],
      droppedAttributesCount: 0,
      schemaUrl: '',
    },
    scope: {
      name: scope?.name ?? '',
      version: scope?.version ?? '',
      attributes: listOf(scope?.attributes),
      droppedAttributesCount: 0,
      schemaUrl: '',
    },
  }
}

function listOf(pairs: Pairs = []): Attributes {
  const entries = Array.isArray(pairs) ? (pairs as readonly (readonly [string, Value])[]) : Object.entries(pairs)
  return entries.map(([key, value]) => ({ key, value }))
}
