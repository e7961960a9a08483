import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { parentRows } from '../../../lib/model/tree.ts'
import { pruneTrace } from '../../../lib/patterns/prune.ts'
import { checkPruneConfig, defaultPruneConfig, type PruneConfig } from '../../../lib/patterns/prune-config.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { labError } from '../../support/errors.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

const start = 1_700_000_000_000_000_000n
const millis = 1_000_000n

/** A span of so many milliseconds; its id is what follows its name. */
function named(
  name: string,
  id: string,
  parentSpanId: string,
  durationMillis: number,
  fields: Partial<Span> = {},
): Span {
  const endNanos = start + BigInt(durationMillis) * millis
  return span({ name, spanId: id, parentSpanId, startNanos: start, endNanos, ...fields })
}

const root = named('root', 'aa', '', 900)

function traceOf(...spans: Span[]): Trace {
  return { traceId: '1'.repeat(32), spans }
}

function leaves(count: number, parent = 'aa', fields: Partial<Span> = {}): Span[] {
  return Array.from({ length: count }, (_, i) => named('SELECT', `${parent}0${i}`, parent, i + 1, fields))
}

function prune(trace: Trace, config: Partial<PruneConfig> = {}): readonly Span[] {
  return pruneTrace(trace, { ...defaultPruneConfig, ...config }).spans
}

function toldOf({ attributes: list }: Span, suffix: string) {
  return list.find(({ key }) => key === `aggregation.${suffix}`)?.value
}

const counts = (spans: readonly Span[]) => spans.map(one => [one.name, toldOf(one, 'span_count') ?? 1n])

test('five like leaves become a summary in the place of the first, four stay', () => {
  expect(counts(prune(traceOf(root, ...leaves(5), named('x', 'ee', 'aa', 1))))).toEqual([
    ['root', 1n],
    ['SELECT', 5n],
    ['x', 1n],
  ])
  const small = traceOf(root, ...leaves(4))
  expect(pruneTrace(small)).toBe(small)
})

test('a summary has count, extremes, mean and a cumulative histogram, and is as its slowest span', () => {
  const spans = [5, 15, 25, 75, 150].map((duration, i) =>
    named('q', `b${i}`, 'aa', duration, {
      attributes: attributes(['of', BigInt(duration)]),
      startNanos: start - BigInt(i),
      events: [{ timeNanos: start, name: 'gone', attributes: [], droppedAttributesCount: 0 }],
    }),
  )
  const buckets = [10n, 50n, 100n].map(bound => bound * millis)
  const [, summary] = prune(traceOf(root, ...spans), { aggregation_histogram_buckets: buckets })
  expect(summary).toMatchObject({
    name: 'q',
    parentSpanId: 'aa',
    startNanos: start - 4n,
    endNanos: start + 150n * millis,
    events: [],
  })
  expect(summary!.spanId).toMatch(/^[0-9a-f]{16}$/)
  expect(Object.fromEntries(summary!.attributes.map(({ key, value }) => [key, value]))).toEqual({
    of: 150n,
    'aggregation.is_summary': true,
    'aggregation.span_count': 5n,
    'aggregation.duration_min_ns': 5n * millis,
    'aggregation.duration_max_ns': 150n * millis + 4n,
    'aggregation.duration_total_ns': 270n * millis + 10n,
    'aggregation.duration_avg_ns': 54n * millis + 2n,
    'aggregation.histogram_bucket_bounds_s': [0.01, 0.05, 0.1],
    'aggregation.histogram_bucket_counts': [1n, 3n, 4n, 5n],
  })
})

test('a duration at a bound is within it; without bounds there is no histogram', () => {
  const spans = leaves(5)
  const [, summary] = prune(traceOf(root, ...spans), { aggregation_histogram_buckets: [3n * millis] })
  expect(toldOf(summary!, 'histogram_bucket_counts')).toEqual([3n, 5n])
  const [, bare] = prune(traceOf(root, ...spans), { aggregation_histogram_buckets: [] })
  expect(bare!.attributes.map(({ key }) => key)).not.toContain('aggregation.histogram_bucket_counts')
})

describe('no group of those that differ by', () => {
  const halves = (fields: Partial<Span>) =>
    traceOf(root, ...leaves(3), ...leaves(3, 'aa', fields).map((one, i) => ({ ...one, spanId: `c${i}` })))
  test.each<[string, Partial<Span>, Partial<PruneConfig>]>([
    ['name', { name: 'INSERT' }, {}],
    ['status', { status: { code: 2, message: '' } }, {}],
    ['an attribute to group by', { attributes: attributes(['db.op', 'x']) }, { group_by_attributes: ['db.*'] }],
  ])('%s', (_, fields, config) => {
    expect(prune(halves(fields), config)).toHaveLength(7)
  })

  test('but other attributes, and the message of a status, do not count', () => {
    expect(prune(halves({ attributes: attributes(['other', 'x']) }), { group_by_attributes: ['db.*'] })).toHaveLength(2)
    expect(prune(halves({ status: { code: 0, message: 'x' } }))).toHaveLength(2)
  })

  test('the name of their parent; another parent of that name is as good', () => {
    const parents = [named('handler', 'b1', 'aa', 9), named('handler', 'b2', 'aa', 9), named('worker', 'b3', 'aa', 9)]
    const spans = traceOf(root, ...parents, ...leaves(3, 'b1'), ...leaves(3, 'b2'), ...leaves(3, 'b3'))
    expect(counts(prune(spans, { max_parent_depth: 0 }))).toEqual([
      ['root', 1n],
      ['handler', 1n],
      ['handler', 1n],
      ['worker', 1n],
      ['SELECT', 6n],
      ...Array.from({ length: 3 }, () => ['SELECT', 1n]),
    ])
  })
})

describe('parents', () => {
  const handlers = [1, 2, 3].map(i => named('handler', `b${i}`, 'ab', 9))
  const deep = traceOf(
    root,
    named('outer', 'ab', 'aa', 9),
    ...handlers,
    ...handlers.flatMap(({ spanId }) => leaves(2, spanId)),
  )

  test('follow their children, and the summaries hang together', () => {
    const spans = prune(deep)
    expect(counts(spans)).toEqual([
      ['root', 1n],
      ['outer', 1n],
      ['handler', 3n],
      ['SELECT', 6n],
    ])
    expect([...parentRows(spans)]).toEqual([-1, 0, 1, 2])
  })

  test('one alone does not', () => {
    expect(counts(prune(traceOf(root, handlers[0]!, ...leaves(5, 'b1'))))).toEqual([
      ['root', 1n],
      ['handler', 1n],
      ['SELECT', 5n],
    ])
  })

  test('with a child that stays do not', () => {
    const spans = prune({ ...deep, spans: [...deep.spans, named('INSERT', 'ef', 'b1', 1)] })
    expect(counts(spans).filter(([name]) => name === 'handler')).toEqual([
      ['handler', 1n],
      ['handler', 2n],
    ])
  })

  test('roots never do', () => {
    const roots = [1, 2].map(i => named('top', `b${i}`, '', 9))
    expect(counts(prune(traceOf(...roots, ...roots.flatMap(({ spanId }) => leaves(3, spanId)))))).toEqual([
      ['top', 1n],
      ['top', 1n],
      ['SELECT', 6n],
    ])
  })

  test('of parents follow as far as the depth lets them', () => {
    const tops = [1, 2].map(i => named('top', `d${i}`, 'aa', 9))
    const middles = tops.map(({ spanId }, i) => named('middle', `e${i}`, spanId, 9))
    const trace = traceOf(root, ...tops, ...middles, ...middles.flatMap(({ spanId }) => leaves(3, spanId)))
    const sizes = [0, 1, 2, -1].map(max_parent_depth => prune(trace, { max_parent_depth }).length)
    expect(sizes).toEqual([6, 5, 4, 4])
  })
})

describe('outliers', () => {
  const spans = traceOf(
    root,
    ...leaves(9),
    named('SELECT', 'f1', 'aa', 500),
    named('SELECT', 'f2', 'aa', 600),
    named('SELECT', 'f3', 'aa', 700),
  )
  const config = {
    enable_outlier_analysis: true,
    outlier_analysis: { ...defaultPruneConfig.outlier_analysis, preserve_outliers: true, method: 'mad' as const },
  }

  test('stay beside the summary, the slowest two, with what they belong to', () => {
    const [, summary, ...kept] = prune(spans, config)
    expect(kept.map(({ spanId }) => spanId)).toEqual(['f2', 'f3'])
    expect(toldOf(summary!, 'span_count')).toBe(10n)
    expect(toldOf(summary!, 'preserved_outlier_span_ids')).toEqual(['f3', 'f2'])
    expect(kept.map(one => toldOf(one, 'summary_span_id'))).toEqual([summary!.spanId, summary!.spanId])
  })

  test('without leave to stay are in the summary, which tells the median', () => {
    const outlier_analysis = { ...config.outlier_analysis, preserve_outliers: false }
    const [, summary, ...kept] = prune(spans, { ...config, outlier_analysis })
    expect(kept).toEqual([])
    expect(toldOf(summary!, 'duration_median_ns')).toBe(6_500_000n)
  })
})

test('durations and sums beyond 64 bits are the nearest that an attribute can hold', () => {
  const far = leaves(5).map(one => ({ ...one, startNanos: 2n ** 64n - 1n, endNanos: 0n }))
  const [, summary] = prune(traceOf(root, ...far))
  expect(toldOf(summary!, 'duration_min_ns')).toBe(-(2n ** 63n))
  expect(toldOf(summary!, 'duration_total_ns')).toBe(-(2n ** 63n))
})

test('what attributes lose is told where it is asked for', () => {
  const spans = leaves(5).map((one, i) => ({
    ...one,
    attributes: attributes(['same', 1n], ['user', `u${i}`], ...(i > 2 ? ([['odd', `${i}`]] as const) : [])),
  }))
  const [, summary] = prune(traceOf(root, ...spans), { enable_attribute_loss_analysis: true })
  expect(toldOf(summary!, 'diverse_attributes')).toBe('user(4)')
  expect(toldOf(summary!, 'missing_attributes')).toBe('odd(1)')
})

test.each(nastyCorpora)('nasty: $name', ({ traces }) => {
  for (const trace of traces) expectSound(trace)
})

test('of any trace no span is lost uncounted, and the same comes again', () => {
  fc.assert(
    fc.property(arbitraryTraces, traces => traces.forEach(expectSound)),
    seeded(100),
  )
})

function expectSound(trace: Trace): void {
  const config = {
    ...defaultPruneConfig,
    min_spans_to_aggregate: 2,
    max_parent_depth: -1,
    aggregation_attribute_prefix: 'zz.',
  }
  const pruned = pruneTrace(trace, config)
  expect(pruneTrace(trace, config)).toEqual(pruned)
  const stands = pruned.spans.map(({ attributes: list }) =>
    Number(list.find(({ key }) => key === 'zz.span_count')?.value ?? 1n),
  )
  expect(stands.reduce((sum, count) => sum + count, 0)).toBe(trace.spans.length)
}

test.each<[string, Partial<PruneConfig>]>([
  ['min_spans_to_aggregate', { min_spans_to_aggregate: 1 }],
  ['max_parent_depth', { max_parent_depth: -2 }],
  ['aggregation_attribute_prefix', { aggregation_attribute_prefix: ' ' }],
  ['aggregation_attribute_prefix', { aggregation_attribute_prefix: 'a b' }],
  ['group_by_attributes', { group_by_attributes: [''] }],
  ['aggregation_histogram_buckets', { aggregation_histogram_buckets: [2n, 2n] }],
  ['aggregation_histogram_buckets', { aggregation_histogram_buckets: [0n] }],
  [
    'outlier_analysis.min_group_size',
    { enable_outlier_analysis: true, outlier_analysis: { ...defaultPruneConfig.outlier_analysis, min_group_size: 3 } },
  ],
])('a wrong setting is named: %s', (setting, config) => {
  expect(labError(() => checkPruneConfig({ ...defaultPruneConfig, ...config })).message).toContain(
    `spanpruning ${setting}: `,
  )
})

test('the defaults are right', () => {
  expect(() => checkPruneConfig(defaultPruneConfig)).not.toThrow()
})
