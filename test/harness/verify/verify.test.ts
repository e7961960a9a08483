import { describe, expect, test } from 'vitest'
import { verify } from '../../../harness/verify/verify.ts'
import type { Link, Span, Trace, Value } from '../../../lib/model/trace.ts'
import { exact, type Fidelity } from '../../../phases/phase.ts'
import { streamOf } from '../../support/chunks.ts'
import { mutations, reverseAttributes, reverseSpans, richTrace } from '../../support/mutations.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

const noSpanOrder: Fidelity = { ...exact, spanOrder: false }
const noAttributeOrder: Fidelity = { ...exact, attributeOrder: false }
const noTraceOrder: Fidelity = { ...exact, traceOrder: false }
const unordered: Fidelity = { ...exact, traceOrder: false, spanOrder: false, attributeOrder: false }
const renamed: Fidelity = { ...exact, spanIds: 'renamed' }
const claims = { exact, noSpanOrder, noAttributeOrder, noTraceOrder, unordered, renamed }

const digits = (number: number, length: number) => number.toString(16).padStart(length, '0')

function linkTo(trace: number, row: number): Link {
  return {
    traceId: digits(trace, 32),
    spanId: idOf(trace, row),
    traceState: '',
    flags: 0,
    attributes: [],
    droppedAttributesCount: 0,
  }
}

function idOf(trace: number, row: number): string {
  return digits((trace + 1) * 256 + row, 16)
}

/** Twenty traces of four spans with parents, one outside the data, and links within the trace and to the next. */
const original: Trace[] = Array.from({ length: 20 }, (_, i) => ({
  traceId: digits(i, 32),
  spans: Array.from({ length: 4 }, (_, row) =>
    span({
      spanId: idOf(i, row),
      parentSpanId: row === 0 ? 'ffffffffffffffff' : idOf(i, row - 1),
      name: `operation ${row}`,
      attributes: attributes(['http.status_code', 200n], ['zero', 0], ['text', 'a']),
      links: row === 3 ? [linkTo(i, 1), linkTo((i + 1) % 20, 2), linkTo(99, 0)] : [],
    }),
  ),
}))

function check(actual: readonly Trace[], claim: Fidelity, expected: readonly Trace[] = original) {
  const batches = (traces: readonly Trace[]) => () => streamOf([traces.slice(0, 7), traces.slice(7)])
  return verify(batches(expected), batches(actual), claim)
}

/** The traces with the one at `index` changed. */
function withTrace(index: number, change: (trace: Trace) => Trace): Trace[] {
  return original.with(index, change(original[index]))
}

function withSpan(index: number, row: number, change: (item: Span) => Partial<Span>): Trace[] {
  return withTrace(index, trace => ({
    ...trace,
    spans: trace.spans.with(row, { ...trace.spans[row], ...change(trace.spans[row]) }),
  }))
}

function withValue(index: number, row: number, key: string, value: Value): Trace[] {
  return withSpan(index, row, item => ({
    attributes: item.attributes.map(attribute => (attribute.key === key ? { key, value } : attribute)),
  }))
}

/** All ids by another name; links and parents follow where `follow` says so. */
function rename(traces: readonly Trace[], follow = true): Trace[] {
  const known = new Set(traces.flatMap(trace => trace.spans.map(item => item.spanId)))
  const other = (id: string) => (known.has(id) ? `${id.slice(1)}e` : id)
  const link = (item: Link) => (follow ? { ...item, spanId: other(item.spanId) } : item)
  return traces.map(({ traceId, spans }) => ({
    traceId,
    spans: spans.map(item => ({
      ...item,
      spanId: other(item.spanId),
      parentSpanId: other(item.parentSpanId),
      links: item.links.map(link),
    })),
  }))
}

describe.each(Object.entries(claims))('claim %s', (_, claim) => {
  test('what came back as it was has no problem and has kept all', async () => {
    const verdict = await check(structuredClone(original), claim)
    expect(verdict.problem).toBeNull()
    expect(verdict.wholeTraceCount).toBe(20)
    expect(verdict.kept).toEqual({ traceOrder: true, spanOrder: true, attributeOrder: true, spanIds: 'kept' })
  })

  test.each(
    nastyCorpora
      .filter(({ name }) => name !== 'many spans in a trace')
      .map(({ name, traces }) => [name, traces] as const),
  )('so have nasty traces: %s', async (_, traces) => expect((await check(traces, claim, traces)).problem).toBeNull())

  test.each([
    [
      'an int that became a string',
      withValue(12, 2, 'http.status_code', '200'),
      '/12/spans/2/attributes/http.status_code: int 200, got string "200"',
    ],
    [
      'an int that became a double',
      withValue(12, 2, 'http.status_code', 200),
      '/12/spans/2/attributes/http.status_code: int 200, got double 200',
    ],
    ['0 that became -0', withValue(12, 2, 'zero', -0), '/12/spans/2/attributes/zero: double 0, got double -0'],
    ['a text that became empty', withValue(12, 2, 'text', null), '/12/spans/2/attributes/text: string "a", got empty '],
    [
      'a name',
      withSpan(12, 2, () => ({ name: 'other' })),
      '/12/spans/2/name: string "operation 2", got string "other"',
    ],
    [
      'a dropped attribute',
      withSpan(12, 2, item => ({ attributes: item.attributes.slice(0, -1) })),
      '/12/spans/2/attributes',
    ],
    [
      'a dropped span',
      withTrace(12, trace => ({ ...trace, spans: trace.spans.slice(0, -1) })),
      '/12/spans: 4 items, got 3 items',
    ],
    ['a nanosecond', withSpan(12, 2, item => ({ endNanos: item.endNanos + 1n })), '/12/spans/2/endNanos: '],
    ['a parent', withSpan(12, 3, () => ({ parentSpanId: idOf(12, 0) })), '/12/spans/3/parentSpanId: '],
    ['a parent outside the data', withSpan(12, 0, () => ({ parentSpanId: '' })), '/12/spans/0/parentSpanId: '],
  ])('%s is named with its path', async (_, actual, problem) => {
    const verdict = await check(actual, claim)
    expect(verdict.problem).toContain(problem)
    expect(verdict.wholeTraceCount).toBeLessThan(20)
  })

  test('a dropped trace, an extra one, one twice, none at all', async () => {
    const extra = { traceId: digits(50, 32), spans: [span({})] }
    for (const actual of [
      original.toSpliced(5, 1),
      original.slice(0, -1),
      [...original, extra],
      [...original, original[3]],
      [],
    ])
      expect((await check(actual, claim)).problem).not.toBeNull()
    expect((await check([...original, extra], claim)).problem).toMatch(/^\/: /)
  })

  test('a trace twice in place of another', async () =>
    expect((await check(original.with(5, original[3]), claim)).problem).not.toBeNull())

  test('every field of the model, but for ids that may be renamed', async () => {
    const mayDiffer = (path: string) => claim.spanIds === 'renamed' && /^\/spans\/\d\/spanId$/.test(path)
    for (const { path, trace } of mutations(richTrace).filter(mutation => !mayDiffer(mutation.path)))
      expect([path, (await check([trace], claim, [richTrace])).problem]).not.toEqual([path, null])
  })
})

describe('orders', () => {
  const reordered = original.map(reverseSpans)
  const turned = original.map(reverseAttributes)
  const rotated = [...original.slice(1), original[0]]

  test.each([
    ['spans', reordered, noSpanOrder, { spanOrder: false }],
    ['attributes', turned, noAttributeOrder, { attributeOrder: false }],
    ['traces', rotated, noTraceOrder, { traceOrder: false }],
    ['spans, claim unordered', reordered, unordered, { spanOrder: false }],
    ['attributes, claim unordered', turned, unordered, { attributeOrder: false }],
    ['traces, claim unordered', rotated, unordered, { traceOrder: false }],
  ] as const)(
    '%s may change where that is claimed, and kept says at most what came back',
    async (_, actual, claim, lost) => {
      const verdict = await check(actual, claim)
      expect(verdict.problem).toBeNull()
      expect(verdict.wholeTraceCount).toBe(20)
      expect(verdict.kept).toMatchObject(lost)
    },
  )

  test('what was not lost counts as kept, although the claim gives it up', async () => {
    expect((await check(rotated, unordered)).kept).toMatchObject({ spanOrder: true, attributeOrder: true })
    expect((await check(reordered, unordered)).kept.traceOrder).toBe(true)
  })

  test.each([
    ['spans', reordered, noAttributeOrder],
    ['spans', reordered, noTraceOrder],
    ['spans', reordered, exact],
    ['attributes', turned, noSpanOrder],
    ['attributes', turned, exact],
    ['traces', rotated, noSpanOrder],
    ['traces', rotated, exact],
    ['traces', rotated, renamed],
  ] as const)('%s may not change otherwise (%#)', async (_, actual, claim) =>
    expect((await check(actual, claim)).problem).not.toBeNull(),
  )
})

describe('renamed ids', () => {
  test('parents and links follow, across traces too', async () => {
    const verdict = await check(rename(original), renamed)
    expect(verdict.problem).toBeNull()
    expect(verdict.kept.spanIds).toBe('renamed')
    expect(verdict.wholeTraceCount).toBe(20)
  })

  test('a link that does not follow is found', async () =>
    expect((await check(rename(original, false), renamed)).problem).toMatch(/^\/0\/spans\/3\/links\/0\/spanId: /))

  test('a link to another trace that does not follow is found', async () => {
    const stale = rename(original).map((trace, i) => ({
      ...trace,
      spans: trace.spans.map((item, row) => ({
        ...item,
        links: item.links.map((link, at) => (at === 1 ? original[i].spans[row].links[1] : link)),
      })),
    }))
    expect((await check(stale, renamed)).problem).toMatch(/^\/0\/spans\/3\/links\/1\/spanId: /)
  })

  test('a name that two spans get is found', async () => {
    const merged = rename(original).map(trace => ({
      ...trace,
      spans: trace.spans.map(item => ({ ...item, spanId: trace.spans[0].spanId })),
    }))
    expect((await check(merged, renamed)).problem).toMatch(/^\/0\/spans\/1\//)
  })

  test('an id that names nothing in the data must stay', async () => {
    const lost = rename(original).map(trace => ({
      ...trace,
      spans: trace.spans.with(0, { ...trace.spans[0], parentSpanId: 'eeeeeeeeeeeeeeee' }),
    }))
    expect((await check(lost, renamed)).problem).toMatch(/^\/0\/spans\/0\/parentSpanId: /)
  })

  test('no other claim takes them', async () => {
    for (const claim of [exact, unordered, noSpanOrder])
      expect((await check(rename(original), claim)).problem).not.toBeNull()
  })

  test('without the order of spans they cannot be proved', async () =>
    expect((await check(original, { ...renamed, spanOrder: false })).problem).toContain('cannot be proved'))
})

test('a lossy claim has no problem, and the traces that came back whole are counted', async () => {
  const verdict = await check(withValue(12, 2, 'text', 'b').slice(0, 15), { ...exact, lossy: ['some traces'] })
  expect(verdict.problem).toBeNull()
  expect(verdict.wholeTraceCount).toBe(14)
})
