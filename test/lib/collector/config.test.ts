import { expect, test } from 'vitest'
import { type CollectorConfig, parseCollectorConfig } from '../../../lib/collector/config.ts'
import { withOwnRandomness } from '../../../lib/collector/randomness.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { parseThreshold, thresholdOf } from '../../../lib/sampling/threshold.ts'
import { labError } from '../../support/errors.ts'
import { attributes, span } from '../../support/nasty.ts'

const second = 1_000_000_000n

/** A trace of some spans that begins in a second; its randomness is `share` of all. */
function traceOf(share: number, spans: Parameters<typeof span>[0][], startSecond = 0): Trace {
  const low = Math.floor(share * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
  const startNanos = BigInt(startSecond) * second
  return {
    traceId: `000000000000000001${low}000000`,
    spans: spans.map(own => span({ startNanos, endNanos: startNanos + 5_000_000n, ...own })),
  }
}

const ok = traceOf(0.05, [{ status: { code: 1, message: '' } }])
const failed = traceOf(0.15, [{}, { status: { code: 2, message: '' }, attributes: attributes(['http.code', 503n]) }])
const slow = traceOf(0.55, [{ endNanos: 2n * second, attributes: attributes(['user', 'anna']) }])
const flagged = traceOf(0.95, [{ flags: 1, traceState: 'a=1, vendor=x', attributes: attributes(['debug', true]) }])
const all = [ok, failed, slow, flagged]
const nameOf = new Map(
  [ok, failed, slow, flagged].map(({ traceId }, i) => [traceId, ['ok', 'failed', 'slow', 'flagged'][i]!]),
)

/** A configuration with these policies of tail sampling, in flow style. */
function tail(...policies: string[]): string {
  return `processors:\n  tail_sampling:\n    policies:\n${policies.map(policy => `      - ${policy}\n`).join('')}`
}

function keptBy(config: CollectorConfig, traces = all): (string | undefined)[] {
  return config.processors[0]!.replay(traces).kept.map(({ traceId }) => nameOf.get(traceId))
}

test.each([
  ['{ name: p, type: always_sample }', ['ok', 'failed', 'slow', 'flagged']],
  ['{ name: p, type: latency, latency: { threshold_ms: 2000 } }', ['slow']],
  ['{ name: p, type: latency, latency: { threshold_ms: 4, upper_threshold_ms: 5 } }', ['ok', 'failed', 'flagged']],
  ['{ name: p, type: latency, latency: { threshold_ms: 5, upper_threshold_ms: 10 } }', []],
  ['{ name: p, type: numeric_attribute, numeric_attribute: { key: http.code, min_value: 500 } }', ['failed']],
  ['{ name: p, type: numeric_attribute, numeric_attribute: { key: http.code, max_value: 502 } }', []],
  ['{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 50 } }', ['slow', 'flagged']],
  [
    '{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 100 } }',
    ['ok', 'failed', 'slow', 'flagged'],
  ],
  ['{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 0 } }', []],
  ['{ name: p, type: status_code, status_code: { status_codes: [ERROR, OK] } }', ['ok', 'failed']],
  ['{ name: p, type: status_code, status_code: { status_codes: [UNSET] } }', ['failed', 'slow', 'flagged']],
  ['{ name: p, type: string_attribute, string_attribute: { key: user, values: [anna, bob] } }', ['slow']],
  [
    '{ name: p, type: string_attribute, string_attribute: { key: user, values: [nn], enabled_regex_matching: true } }',
    ['slow'],
  ],
  ['{ name: p, type: string_attribute, string_attribute: { key: user, values: [nn] } }', []],
  [
    '{ name: p, type: string_attribute, string_attribute: { key: user, values: [anna], invert_match: true } }',
    ['ok', 'failed', 'flagged'],
  ],
  ['{ name: p, type: span_count, span_count: { min_spans: 2 } }', ['failed']],
  ['{ name: p, type: span_count, span_count: { min_spans: 1, max_spans: 1 } }', ['ok', 'slow', 'flagged']],
  ['{ name: p, type: trace_state, trace_state: { key: vendor, values: [x, y] } }', ['flagged']],
  ['{ name: p, type: trace_flags }', ['flagged']],
  ['{ name: p, type: boolean_attribute, boolean_attribute: { key: debug, value: true } }', ['flagged']],
  [
    `{ name: p, type: ottl_condition, ottl_condition: { span: ['attributes["user"] == "anna"', 'status.code == STATUS_CODE_ERROR'] } }`,
    ['failed', 'slow'],
  ],
  [`{ name: p, type: ottl_condition, ottl_condition: { span: ['attributes["user"] != nil'] } }`, ['slow']],
  [
    '{ name: p, type: and, and: { and_sub_policy: [{ name: a, type: span_count, span_count: { min_spans: 2 } }, { name: b, type: probabilistic, probabilistic: { sampling_percentage: 90 } }] } }',
    ['failed'],
  ],
  [
    '{ name: p, type: not, not: { not_sub_policy: { name: a, type: span_count, span_count: { min_spans: 2 } } } }',
    ['ok', 'slow', 'flagged'],
  ],
])('%s', (policy, kept) => {
  const config = parseCollectorConfig(tail(policy), 'c.yaml')
  expect(config.leftOut).toEqual([])
  expect(keptBy(config)).toEqual(kept)
})

const always = '{ name: all, type: always_sample }'

test('a drop is stronger than any sample, and an inverted mismatch too', () => {
  const drop =
    '{ name: d, type: drop, drop: { drop_sub_policy: [{ name: a, type: span_count, span_count: { min_spans: 2 } }] } }'
  expect(keptBy(parseCollectorConfig(tail(always, drop), 'c.yaml'))).toEqual(['ok', 'slow', 'flagged'])
  const inverted =
    '{ name: i, type: string_attribute, string_attribute: { key: user, values: [anna], invert_match: true } }'
  expect(keptBy(parseCollectorConfig(tail(always, inverted), 'c.yaml'))).toEqual(['ok', 'failed', 'flagged'])
})

test('a kept trace tells the probability with which it would have been kept, and not where it always is', () => {
  const tenth = '{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 90 } }'
  const errors = '{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }'
  const { kept, alone, only } = parseCollectorConfig(tail(errors, tenth), 'c.yaml').processors[0]!.replay(all)
  const thresholds = kept.map(({ traceId, spans }) => [nameOf.get(traceId), parseThreshold(spans[0]!.traceState)])
  expect(thresholds).toEqual([
    ['failed', undefined],
    ['slow', thresholdOf(0.9)],
    ['flagged', thresholdOf(0.9)],
  ])
  expect(kept.at(-1)!.spans[0]!.traceState).toMatch(/^ot=th:\w+,a=1, vendor=x$/)
  expect(alone!.map(ids => [...ids].map(id => nameOf.get(id)))).toEqual([['failed'], ['failed', 'slow', 'flagged']])
  expect(only!.map(ids => [...ids].map(id => nameOf.get(id)))).toEqual([[], ['slow', 'flagged']])
})

test('limiters count the spans of each second, begin anew with each replay, and give no weights', () => {
  const traces = [0, 0, 0, 1, 1].map((at, i) => traceOf(i / 8, [{}, {}], at))
  const limited = tail('{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 5 } }')
  const [processor] = parseCollectorConfig(limited, 'c.yaml').processors
  for (const _ of [1, 2]) {
    const { kept, unweightedCount } = processor!.replay(traces)
    expect(kept).toEqual([traces[0], traces[1], traces[3], traces[4]])
    expect(unweightedCount).toBe(4)
  }
})

test('a composite gives each policy its share, in its order', () => {
  const traces = Array.from({ length: 6 }, (_, i) => traceOf(i / 8, i % 2 === 0 ? [{}] : [{}, {}]))
  const composite = tail(`{ name: c, type: composite, composite: { max_total_spans_per_second: 10,
        policy_order: [pairs, rest], rate_allocation: [{ policy: pairs, percent: 40 }, { policy: rest, percent: 10 }],
        composite_sub_policy: [{ name: rest, type: always_sample }, { name: pairs, type: span_count, span_count: { min_spans: 2 } }] } }`)
  const { kept } = parseCollectorConfig(composite, 'c.yaml').processors[0]!.replay(traces)
  expect(kept).toEqual([traces[0], traces[1], traces[3]])
})

test('what cannot be replayed is named with its line, and the rest is replayed', () => {
  const text = `${tail(
    always,
    '{ name: bytes, type: bytes_limiting, bytes_limiting: { bytes_per_second: 1 } }',
    `{ name: ottl, type: ottl_condition, ottl_condition: { span: ['IsMatch(name, "a")'] } }`,
    '{ name: both, type: and, and: { and_sub_policy: [{ name: x, type: spell }] } }',
    '{ name: late, type: latency, latency: { threshold_ms: 1, treshold_ms: 2 } }',
  )}    decision_wait: 10s\n    colour: blue\n  batch: {}\n  filter/health: { error_mode: ignore }\n`
  const config = parseCollectorConfig(text, 'c.yaml')
  expect(config.processors[0]!.policies.map(({ name }) => name)).toEqual(['all', 'late'])
  expect(config.ignored).toEqual(['decision_wait'])
  expect(config.leftOut.map(({ place, reason }) => `${place}: ${reason}`)).toEqual([
    'c.yaml: line 5: processors.tail_sampling.policies[1]: policy bytes of type bytes_limiting is not replayed',
    `c.yaml: line 6: processors.tail_sampling.policies[2].ottl_condition: "IsMatch(name, \\"a\\")" is more than a comparison of a span's field with a literal`,
    'c.yaml: line 6: processors.tail_sampling.policies[2]: policy ottl of type ottl_condition is not replayed',
    'c.yaml: line 7: processors.tail_sampling.policies[3].and.and_sub_policy[0]: policy x of type spell is not replayed',
    'c.yaml: line 7: processors.tail_sampling.policies[3]: policy both of type and is not replayed',
    'c.yaml: line 8: processors.tail_sampling.policies[4].latency.treshold_ms: is not known',
    'c.yaml: line 10: processors.tail_sampling.colour: is not known',
    'c.yaml: processors.batch: is not replayed',
    'c.yaml: processors.filter/health: is not replayed',
  ])
})

test.each([
  ['', 'c.yaml: its content is missing'],
  ['processors: 7', 'c.yaml: line 1: processors needs a map'],
  ['receivers: {}', 'c.yaml: processors is missing'],
  [
    'processors: { batch: {} }',
    'c.yaml: processors has none of tail_sampling, probabilistic_sampler, spanpruning to replay',
  ],
  [
    'processors: { tail_sampling: {} }',
    'c.yaml: processors.tail_sampling.policies is missing or empty, needs policies',
  ],
  [tail('{ type: always_sample }'), 'c.yaml: processors.tail_sampling.policies[0].name is missing'],
  [
    tail('{ name: p, type: latency, latency: { threshold_ms: "5s" } }'),
    'c.yaml: line 4: processors.tail_sampling.policies[0].latency.threshold_ms is "5s", needs a number',
  ],
  [tail('{ name: p, type: latency }'), 'c.yaml: processors.tail_sampling.policies[0].latency is missing'],
  [
    tail('{ name: p, type: latency, latency: { threshold_ms: 9, upper_threshold_ms: 3 } }'),
    'c.yaml: line 4: processors.tail_sampling.policies[0].latency.upper_threshold_ms is 3, not above threshold_ms of 9: no trace matches',
  ],
  [
    tail('{ name: p, type: probabilistic, probabilistic: { sampling_percentage: -1 } }'),
    'c.yaml: line 4: processors.tail_sampling.policies[0].probabilistic.sampling_percentage is -1, needs at least 0',
  ],
  [
    tail('{ name: p, type: status_code, status_code: { status_codes: [BAD] } }'),
    'c.yaml: line 4: processors.tail_sampling.policies[0].status_code.status_codes is ["BAD"], needs some of UNSET, OK, ERROR',
  ],
  [
    tail('{ name: p, type: numeric_attribute, numeric_attribute: { key: k, min_value: 2, max_value: 1 } }'),
    'c.yaml: line 4: processors.tail_sampling.policies[0].numeric_attribute.max_value is 1, below min_value of 2: no trace matches',
  ],
  [
    'processors: { spanpruning: { min_spans_to_aggregate: 1 } }',
    'c.yaml: line 1: processors.spanpruning: spanpruning min_spans_to_aggregate: 1, needs a whole number from 2',
  ],
  [
    'processors: { spanpruning: { aggregation_histogram_buckets: [5ms, soon] } }',
    'c.yaml: line 1: processors.spanpruning.aggregation_histogram_buckets has "soon", needs durations such as 5ms',
  ],
  [
    'processors: { probabilistic_sampler: { sampling_percentage: 5, mode: fair } }',
    'c.yaml: line 1: processors.probabilistic_sampler.mode is "fair", needs one of hash_seed, proportional, equalizing',
  ],
])('%j is refused with file, line and key', (text, message) => {
  expect(labError(() => parseCollectorConfig(text, 'c.yaml')).message).toBe(message)
})

test('a regular expression that RE2 does not know is refused with its place', () => {
  const text = tail(
    '{ name: p, type: string_attribute, string_attribute: { key: k, values: ["(?=a)"], enabled_regex_matching: true } }',
  )
  const { message } = labError(() => parseCollectorConfig(text, 'c.yaml'))
  expect(message).toMatch(/^c\.yaml: line 4: .*string_attribute\.values has "\(\?=a\)": /)
})

test('the probabilistic sampler counts what was sampled before, as its mode says, and heeds the priority', () => {
  const before = traceOf(0.8, [{ traceState: 'ot=th:8' }, { attributes: attributes(['sampling.priority', 0n]) }])
  const thresholdBy = (mode: string) => {
    const text = `processors: { probabilistic_sampler: { sampling_percentage: 50, mode: ${mode} } }`
    const { kept } = parseCollectorConfig(text, 'c.yaml').processors[0]!.replay([before])
    return kept.map(({ spans }) => spans.map(({ traceState }) => traceState))
  }
  expect(thresholdBy('equalizing')).toEqual([['ot=th:8']])
  expect(thresholdBy('proportional')).toEqual([['ot=th:c']])
})

test('processors of a pipeline follow each other', () => {
  const text = `${tail('{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 50 } }')}  spanpruning: {}
service: { pipelines: { traces: { processors: [batch, tail_sampling, spanpruning] }, logs: { processors: [batch] } } }`
  const { pipelines } = parseCollectorConfig(text, 'c.yaml')
  expect(pipelines.map(({ name }) => name)).toEqual(['pipeline traces'])
  const many = traceOf(0.7, [
    { spanId: '0000000000000001' },
    ...Array.from({ length: 6 }, (_, i) => ({
      spanId: `000000000000001${i}`,
      parentSpanId: '0000000000000001',
      name: 'select',
    })),
  ])
  const { kept } = pipelines[0]!.replay([...all, many])
  expect(kept.map(({ spans }) => spans.length)).toEqual([1, 1, 2])
})

test('ids that only count are sampled too: their randomness is derived, and told', () => {
  const counted = Array.from({ length: 400 }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spans: [span({})],
  }))
  const text = tail('{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 25 } }')
  const { kept } = parseCollectorConfig(text, 'c.yaml').processors[0]!.replay(withOwnRandomness(counted))
  expect(kept.length).toBeGreaterThan(60)
  expect(kept.length).toBeLessThan(140)
  expect(kept[0]!.spans[0]!.traceState).toMatch(/^ot=th:c;rv:[0-9a-f]{14}$/)
  expect(withOwnRandomness(all.slice(0, 1))).toHaveLength(1)
})
