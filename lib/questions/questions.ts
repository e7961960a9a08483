import { hashText } from '../bytes/hash.ts'
import type { Grouping, Question } from '../model/question.ts'
import type { SpanSource } from '../model/scan.ts'
import type { Attribute, Trace } from '../model/trace.ts'
import { printField, printStatic } from '../traceql/language/print-expression.ts'
import type { SourceAsker } from './ask-source.ts'
import type { Facts } from './facts.ts'

/** What is asked under one name: its errors are those of all of them. */
export interface QuestionGroup {
  readonly name: string
  readonly questions: readonly Question[]
}

/** How many traces are looked up by their ids, and of how many an attribute is searched for. */
const drawnTraces = 10
const searchedTraces = 5
const groupings: readonly Grouping[] = ['service', 'operation']
const quantiles = [0.5, 0.95, 0.99]

const topTemplateCount = 20
const slowQuantile = 0.99

/**
 * The fixed set of questions, made from the original: rates, errors and latencies, what calls what, templates, what sets
 * errors apart (slow traces, where there are no errors), and searches for errors, for slow traces, for traces by id and
 * by an attribute of theirs. The traces are drawn by `seed`, whatever their order.
 */
export async function questionSet(asker: SourceAsker, seed = 1): Promise<QuestionGroup[]> {
  const facts = await asker.facts()
  const isSlow = `trace:duration > ${slowNanos(facts)}ns`
  const hasErrors = facts.errors.includes(1)
  const drawn = await drawTraces(asker.source, facts.traceIds, seed)
  const groups: QuestionGroup[] = [
    ...groupings.map(by => group(`spans by ${by}`, { ask: 'spans', by })),
    ...groupings.map(by => group(`errors by ${by}`, { ask: 'errors', by })),
    ...quantiles.flatMap(quantile =>
      groupings.map(by => group(`p${quantile * 100} by ${by}`, { ask: 'duration', by, quantile })),
    ),
    group('calls between services', { ask: 'edges' }),
    group(`top ${topTemplateCount} templates`, { ask: 'templates', top: topTemplateCount }),
    group('compare', { ask: 'compare', selection: hasErrors ? '{ status = error }' : `{ ${isSlow} }` }),
    group('search errors', { ask: 'search', query: '{ status = error }' }),
    group('search slow traces', { ask: 'search', query: `{ ${isSlow} }` }),
    group('search an attribute', ...drawn.slice(0, searchedTraces).flatMap(trace => attributeSearch(trace, seed))),
    group('trace by id', ...drawn.map(({ traceId }): Question => ({ ask: 'trace', traceId }))),
  ]
  return groups.filter(({ questions }) => questions.length > 0)
}

function group(name: string, ...questions: Question[]): QuestionGroup {
  return { name, questions }
}

/** The longest span of all but the slowest hundredth of traces. */
function slowNanos({ traces, traceIds, durations }: Facts): number {
  const longest = new Float64Array(traceIds.length)
  for (let row = 0; row < traces.length; row++)
    longest[traces[row]!] = Math.max(longest[traces[row]!]!, durations[row]!)
  return longest.sort()[Math.max(0, Math.ceil(slowQuantile * longest.length) - 1)] ?? 0
}

async function drawTraces(source: SpanSource, traceIds: readonly string[], seed: number): Promise<Trace[]> {
  const wanted = draw(traceIds.filter(Boolean), id => id, seed).slice(0, drawnTraces)
  const traces = new Map<string, Trace>()
  for await (const trace of source.findTraces(wanted)) traces.set(trace.traceId, trace)
  return wanted.flatMap(traceId => traces.get(traceId) ?? [])
}

const words = new Uint32Array(2)

/** In an order that depends on the seed and on what the items are called only. */
function draw<T>(items: readonly T[], nameOf: (item: T) => string, seed: number): T[] {
  const ranked = items.map(item => {
    const name = nameOf(item)
    hashText(name, words, 0, seed)
    return { item, name, rank: words[0]! * 2 ** 20 + (words[1]! >>> 12) }
  })
  ranked.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
  return ranked.map(({ item }) => item)
}

const maxSearchedLength = 100

/** A search for a text that one of the spans has as an attribute, or its resource where none has one. */
function attributeSearch({ traceId, spans }: Trace, seed: number): Question[] {
  for (const scope of ['span', 'resource'] as const) {
    const lists = spans.map(span => (scope === 'span' ? span.attributes : (span.resource?.attributes ?? [])))
    const texts = lists.flat().filter(isSearched)
    const [drawn] = draw(texts, ({ key, value }) => `${traceId} ${key} ${value}`, seed)
    if (drawn === undefined) continue
    const place = { start: 0, end: 0 }
    const field = printField({ kind: 'attribute', scope, name: drawn.key, ofParent: false, ...place })
    const text = printStatic({ kind: 'static', type: 'string', value: drawn.value, ...place })
    return [{ ask: 'search', query: `{ ${field} = ${text} }` }]
  }
  return []
}

function isSearched(attribute: Attribute): attribute is Attribute & { value: string } {
  const { key, value } = attribute
  return typeof value === 'string' && value.length <= maxSearchedLength && key.isWellFormed() && value.isWellFormed()
}
