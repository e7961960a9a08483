import { parseDuration } from '../../traceql/language/time-texts.ts'
import type { Run } from '../data/draft.ts'
import type { BuiltSet } from '../data/labels.ts'
import { conjoin } from './marker.ts'

/** What a case asks, before it is of any run. */
export interface Request {
  readonly verb: Verb
  /** What stands between verb and parameters: a name, a trace, a path. */
  readonly subject: string
  /** As they are written; those with a `=` in front are sent as they are. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: string
}

export type Verb = keyof typeof verbs

interface VerbFacts {
  readonly path: string
  readonly hasSubject?: boolean
  /** Parameters that are sent unless the case has them. */
  readonly defaults?: Readonly<Record<string, string>>
  /** In which times are sent. */
  readonly unit?: 'seconds' | 'nanoseconds'
}

const all = { start: '-60s', end: '300s' }
const minute = { start: '0s', end: '60s' }
const found = { limit: '10000', spss: '10000' }

/** The calls of Tempo's API. `*` stands for the subject. */
export const verbs = {
  search: { path: '/api/search', defaults: { ...all, ...found }, unit: 'seconds' },
  range: { path: '/api/metrics/query_range', defaults: { ...minute, step: '10s' }, unit: 'nanoseconds' },
  instant: { path: '/api/metrics/query', defaults: minute, unit: 'nanoseconds' },
  tags: { path: '/api/v2/search/tags', defaults: all, unit: 'seconds' },
  'tags-v1': { path: '/api/search/tags', defaults: all, unit: 'seconds' },
  values: { path: '/api/v2/search/tag/*/values', hasSubject: true, defaults: all, unit: 'seconds' },
  'values-v1': { path: '/api/search/tag/*/values', hasSubject: true, defaults: all, unit: 'seconds' },
  trace: { path: '/api/v2/traces/*', hasSubject: true, unit: 'seconds' },
  'trace-v1': { path: '/api/traces/*', hasSubject: true, unit: 'seconds' },
  get: { path: '*', hasSubject: true },
} as const satisfies Record<string, VerbFacts>

/** A request of a run: the path with its parameters, and the form of the answer that is asked for. */
export interface Asked {
  readonly path: string
  readonly accept: string
}

/** The request in a run; `isPlain` where no marker is conjoined to its query. */
export function askedOf(request: Request, run: Run, set: BuiltSet, isPlain: boolean): Asked {
  const { verb, query } = request
  const { path, defaults = {}, unit = 'seconds' }: VerbFacts = verbs[verb]
  const { accept = 'application/json', ...given } = request.parameters
  const parameters = new URLSearchParams()
  if (query !== '') parameters.set('q', isPlain ? query : conjoin(query, set.marker))
  for (const [name, text] of Object.entries({ ...defaults, ...given }))
    if (text !== 'none') parameters.set(name, parameterOf(name, text, run, unit))
  const named = subjectOf(request, set)
  const place = path.replace('*', () => (verb === 'get' ? named : encodeURIComponent(named)))
  return { path: parameters.size === 0 ? place : `${place}?${parameters}`, accept }
}

/** A trace by its label, else the text itself. */
function subjectOf({ verb, subject }: Request, set: BuiltSet): string {
  if (subject.startsWith('"')) return JSON.parse(subject)
  return verb.startsWith('trace') ? set.byLabel.get(subject)!.traceId : subject
}

function parameterOf(name: string, text: string, run: Run, unit: 'seconds' | 'nanoseconds'): string {
  if (text.startsWith('=')) return text.slice(1)
  if (name !== 'start' && name !== 'end') return text
  const nanos = run.baseNanos + nanosOf(text)
  return unit === 'nanoseconds' || nanos % 1_000_000_000n !== 0n ? String(nanos) : String(nanos / 1_000_000_000n)
}

/** A duration that may be 0 or negative, and may have a few nanoseconds more: `10s+1ns`. */
export function nanosOf(text: string): bigint {
  const [, sign, size, more = ''] = /^(-?)(.*?)(?:\+(.*))?$/.exec(text)!
  const nanos = /^0+\D*$/.test(size!) ? 0n : (parseDuration(size!) ?? 0n)
  return (sign === '-' ? -nanos : nanos) + (more === '' ? 0n : nanosOf(more))
}

/** The end of the interval of a time: a multiple of the step. */
export function roundUp(nanos: bigint, stepNanos: bigint): bigint {
  return ((nanos + stepNanos - 1n) / stepNanos) * stepNanos
}
