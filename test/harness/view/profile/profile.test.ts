import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { main } from '../../../../harness/cli/cli.ts'
import { printPage } from '../../../../harness/text/page.ts'
import { plain } from '../../../../harness/text/screen.ts'
import { DistinctSet } from '../../../../harness/view/profile/distinct.ts'
import { Histogram } from '../../../../harness/view/profile/histogram.ts'
import { profilePage } from '../../../../harness/view/profile/print.ts'
import { type Profile, Profiler } from '../../../../harness/view/profile/profile.ts'
import { printTrace } from '../../../../lib/formats/ndjson/print.ts'
import type { Attributes, Span, Trace } from '../../../../lib/model/trace.ts'

const folder = mkdtempSync(join(tmpdir(), 'profile-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const resource = {
  attributes: [
    { key: 'service.name', value: 'shop' },
    { key: 'k8s.pod.name', value: 'shop-1' },
  ],
  droppedAttributesCount: 0,
  schemaUrl: '',
}
const scope = { name: 'lib', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
const ms = 1_000_000n

function span(spanId: string, parentSpanId: string, [start, end]: [bigint, bigint], more: Partial<Span> = {}): Span {
  return {
    spanId,
    parentSpanId,
    traceState: '',
    flags: 0,
    name: `n${spanId}`,
    kind: 2,
    startNanos: start,
    endNanos: end,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: null,
    resource,
    scope,
    ...more,
  }
}

const status = { code: 2, message: 'it broke' }
const event = { timeNanos: 7n * ms, name: 'exception', attributes: [], droppedAttributesCount: 0 }
const link = { traceId: 'ff', spanId: '01', traceState: '', flags: 0, attributes: [], droppedAttributesCount: 0 }
const tags: Attributes = [
  { key: 'id', value: 'a' },
  { key: 'code', value: 200n },
]

/** A root with two children, one of which runs on and has a child; an orphan; a span id that stands twice. */
const traces: Trace[] = [
  {
    traceId: '0a',
    spans: [
      span('01', '', [ms, 9n * ms], { attributes: tags, kind: 2 }),
      span('02', '01', [2n * ms + 1000n, 3n * ms], { attributes: [{ key: 'id', value: 'é' }], kind: 3 }),
      span('03', '01', [2n * ms + 1n, 10n * ms], { status, events: [event, event], kind: 3 }),
      span('04', '03', [4n * ms + 512n, 5n * ms], { links: [link], flags: 0x101 }),
    ],
  },
  { traceId: '0b', spans: [span('05', '99', [ms, ms]), span('05', '', [ms, ms], { resource: null, scope: null })] },
]

function profileOf(some: readonly Trace[]): Profile {
  const profiler = new Profiler()
  for (const trace of some) profiler.add(trace)
  return profiler.profile()
}

test('counts what is there', () => {
  const profile = profileOf(traces)
  expect(profile).toMatchObject({ traceCount: 2, spanCount: 6, errorCount: 1, eventCount: 2, linkCount: 1 })
  expect(profile.kinds).toEqual({ 2: 4, 3: 2 })
  expect(profile.names.count).toBe(5)
  expect([profile.services.count, profile.resources.count, profile.scopes.count]).toEqual([1, 1, 1])
  expect(profile.attributesPerSpan).toEqual({ count: 6, mean: 0.5, p50: 0, p95: 2, max: 2 })
  expect(profile.eventsPerSpan.max).toBe(2)
  expect(profile.wholeStarts).toEqual({ ms: 3, us: 4, ns256: 1 })
})

test('finds the shape: depth, fan-out, children outside their parent, orphans, ids that stand twice', () => {
  expect(profileOf(traces).shape).toEqual({
    spansPerTrace: { count: 2, mean: 3, p50: 2, p95: 4, max: 4 },
    depth: { count: 2, mean: 2, p50: 1, p95: 3, max: 3 },
    fanOut: { count: 2, mean: 1.5, p50: 1, p95: 2, max: 2 },
    childCount: 3,
    outsideParentCount: 1,
    orphanCount: 1,
    rootCount: 2,
    duplicateIdCount: 1,
  })
})

test('ends on parents that run in a circle', () => {
  const circle = ['01', '02', '03'].map((id, i) => span(id, ['03', '01', '02'][i], [ms, ms]))
  const { shape } = profileOf([{ traceId: '0c', spans: circle }])
  expect(shape).toMatchObject({ childCount: 3, rootCount: 0, orphanCount: 0 })
  expect(shape.depth.max).toBe(3)
})

test('counts keys by owner, with types and distinct values', () => {
  const { keys, keyCount } = profileOf(traces)
  expect(keyCount).toEqual({ count: 4, isCapped: false })
  expect(keys[0]).toEqual({
    owner: 'span',
    key: 'id',
    count: 2,
    types: ['string'],
    values: { count: 2, isCapped: false },
  })
  expect(keys.find(({ key }) => key === 'code')).toMatchObject({ types: ['int'], count: 1 })
  expect(keys.find(({ key }) => key === 'k8s.pod.name')).toMatchObject({ owner: 'resource', count: 1 })
})

test('bytes by field sum to the NDJSON', () => {
  const { bytesByField } = profileOf(traces)
  const total = Object.values(bytesByField).reduce((sum, bytes) => sum + bytes, 0)
  expect(total).toBe(traces.reduce((sum, trace) => sum + Buffer.byteLength(printTrace(trace)), 0))
})

test('sets of distinct values stop at their cap, and tell types apart', () => {
  const capped = new DistinctSet(3)
  for (let i = 0; i < 10; i++) capped.add(`value ${i}`)
  expect(capped.distinct()).toEqual({ count: 3, isCapped: true })
  const typed = new DistinctSet(100)
  const long = 'x'.repeat(500)
  const values = ['1', 1, 1n, true, null, [1n], ['1'], new Uint8Array([1]), { entries: [] }, long, `${long}y`]
  for (const value of [...values, ...values]) typed.add(value)
  expect(typed.distinct()).toEqual({ count: values.length, isCapped: false })
})

test('histograms are exact for small counts and near for large ones', () => {
  const histogram = new Histogram()
  for (let i = 0; i <= 1000; i++) histogram.add(i)
  expect(histogram.spread()).toEqual({ count: 1001, mean: 500, p50: 500, p95: 950, max: 1000 })
  const large = new Histogram()
  for (let i = 0; i < 100; i++) large.add(123_456 + i)
  expect(Math.abs(large.spread().p50 - 123_500) / 123_500).toBeLessThan(0.002)
  expect(large.spread().max).toBe(123_555)
  expect(new Histogram().spread()).toEqual({ count: 0, mean: 0, p50: 0, p95: 0, max: 0 })
})

test('prints tables in which capped counts say so', () => {
  const profile = profileOf(traces)
  const page = profilePage({ ...profile, names: { count: 100_000, isCapped: true } })
  const text = printPage(page, 'table', plain)
  expect(text).toMatch(/distinct span names +≥ 100,000/)
  expect(text).toMatch(/children outside their parent +1 +33\.3 % of children/)
  expect(text).toMatch(/span +id +string +2 +2/)
})

test('the command profiles a file, prints JSON on demand, and generated traces where none is named', async () => {
  const path = join(folder, 'traces.ndjson')
  writeFileSync(path, traces.map(printTrace).join(''))
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await main(['profile', path, '--json'])
  const profile = JSON.parse(String(stdout.mock.calls[0]![0]))
  expect(profile).toMatchObject({ source: 'traces.ndjson', traceCount: 2, spanCount: 6 })
  await main(['profile', '--workload', 'classic', '--size', 'small', '--json'])
  expect(JSON.parse(String(stdout.mock.calls[1]![0]))).toMatchObject({ traceCount: 100, linkCount: 0 })
  expect(process.exitCode).toBeUndefined()
})
