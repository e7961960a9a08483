import { expect, test } from 'vitest'
import { nanosOf } from '../../../lib/conformance/api/request.ts'
import type { Found } from '../../../lib/conformance/api/response.ts'
import type { Case } from '../../../lib/conformance/case.ts'
import { readCases } from '../../../lib/conformance/cases.ts'
import { type BuiltSet, buildSet } from '../../../lib/conformance/data/labels.ts'
import { sets } from '../../../lib/conformance/data/sets.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { naiveSearch } from '../traceql/engine/naive.ts'
import { naiveSeries } from './oracle.ts'

const run = { name: 'r', baseNanos: 1_800_000_000_000_000_000n }
const built = new Map(Object.keys(sets).map(name => [name, buildSet(run, name, sets[name]!)]))
const cases = readCases()

/** What a naive evaluation answers to the query as it is written, over its set alone; fails where it does not know. */
function answerTo({ request }: Case, { traces }: BuiltSet): Found {
  const query = parseQuery(request.query)
  if (query.kind === 'search') {
    const found = naiveSearch(traces, query.pipeline).map((spans, i) => ({
      traceId: traces[i]!.traceId,
      spans: [...spans],
    }))
    return {
      traces: found.map(({ traceId, spans }) => ({
        traceID: traceId,
        spanSets: [{ spans: spans.map(span => ({ spanID: span.spanId, startTimeUnixNano: String(span.startNanos) })) }],
      })),
    }
  }
  if (query.expression.kind !== 'metrics-pipeline') throw new Error('not known')
  const { start = '0s', end = '60s', step = '10s' } = request.parameters
  const [from, until] = [run.baseNanos + nanosOf(start), run.baseNanos + nanosOf(end)]
  return naiveSeries(traces, query.expression, { start: from, end: until, step: nanosOf(step) })
}

/** Cases of which a naive evaluation must know the answer: whole searches, and metrics over a range. */
function asked(kinds: readonly string[]): Case[] {
  const isOurs = (one: Case) => one.expected.every(({ kind }) => kinds.includes(kind))
  const isWhole = ({ request }: Case) => request.verb !== 'search' || Object.keys(request.parameters).length === 0
  return cases.filter(one => ['search', 'range'].includes(one.request.verb) && isOurs(one) && isWhole(one))
}

/** How many answers are those of the naive evaluation, and which are not. */
async function compared(some: readonly Case[]): Promise<{ count: number; wrong: string[]; unknown: string[] }> {
  let count = 0
  const [wrong, unknown]: string[][] = [[], []]
  for (const one of some) {
    const set = built.get(one.data)!
    let json: Found
    try {
      json = answerTo(one, set)
    } catch (error) {
      unknown!.push(`${one.text}: ${(error as Error).message}`)
      continue
    }
    count++
    const response = { status: 200, contentType: 'application/json', body: Buffer.from('') }
    for (const check of one.expected) {
      const difference = await check.differs({ response, json, request: one.request, set, run })
      if (difference !== undefined) wrong!.push(`${one.topic}:${one.line} ${one.text}: ${difference}`)
    }
  }
  return { count, wrong: wrong!, unknown: unknown! }
}

/** Where the naive evaluation is too naive. */
const exempt = [
  'search { .s = "x" } > { .s = "y" }', // It knows no halves of a call.
  'search { .s = "y" } > { .s = "z" }',
  'search { .s = "r" } >> { .s = "x" || .s = "y" || .s = "z" }',
  'search { span.v =~ "(?i)a" }', // Its regexes are those of JavaScript.
  String.raw`search { span.v =~ "\\pL+" }`,
  'search { span.v =~ "one.two" }',
  'search { span.v =~ ".*" }',
  'search { span.v !~ ".*" }',
  'search { span.v !~ "[a-z].*" }',
  'search { span.v =~ ".x" }',
  'search { span.v =~ ".{2}" }',
]

test('searches find the spans that a naive evaluation of the query finds in the set alone', async () => {
  const { count, wrong, unknown } = await compared(asked(['spans']).filter(one => !exempt.includes(one.text)))
  expect(wrong).toEqual([])
  expect(count, unknown.join('\n')).toBeGreaterThan(300)
})

test('metrics over a range are those of a naive evaluation', async () => {
  const { count, wrong, unknown } = await compared(asked(['series']))
  expect(wrong).toEqual([])
  expect(count, unknown.join('\n')).toBeGreaterThan(60)
})
