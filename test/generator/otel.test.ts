import { describe, expect, it, vi } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { otelFields } from '../../generator/otel/fields.ts'
import { generateOtel } from '../../generator/otel/otel.ts'
import { Timing } from '../../generator/timing.ts'
import { countSpans, type Trace, valueType } from '../../lib/model/trace.ts'
import { attributeOf, digestOf } from '../support/generated.ts'

const seed = 1
const floor = new FloorMeter()
const traces = generate(2500, seed, floor)
const spans = traces.flatMap(trace => trace.spans)

function generate(traceCount: number, from = seed, meter = new FloorMeter()): Trace[] {
  return [...generateOtel({ traceCount, seed: from }, meter)]
}

function share(part: number, whole: number): number {
  return part / whole
}

describe(`generateOtel (seed ${seed})`, () => {
  it('gives the golden bytes, on every engine', () => {
    expect(digestOf(traces.slice(0, 1000))).toBe('a60cf0147c23f933318920e9a719aeb2a05dd3adfab9e834f3754df0ec4dd2b1')
    expect(digestOf(generate(100, 2 ** 53 - 1))).toBe(
      'de6d300a53795f8c7dde5a20b6bf469a5ff144a0cd3d23fc23f71f980df82522',
    )
  })

  it('gives the smaller size as the start of the larger', () => {
    expect(digestOf(generate(100))).toBe(digestOf(traces.slice(0, 100)))
  })

  it('has traces of about 15 spans, deep and wide, and rare batches of more than a thousand', () => {
    const small = traces.filter(trace => trace.spans.length < 1000)
    expect(share(countSpans(small), small.length)).toBeGreaterThan(13)
    expect(share(countSpans(small), small.length)).toBeLessThan(18)
    expect(traces.length - small.length).toBeGreaterThan(0)
    expect(traces.length - small.length).toBeLessThan(10)
    expect(new Set(spans.map(span => span.kind))).toEqual(new Set([1, 2, 3, 4, 5]))
  })

  it('has ids of its own for every span, and parents in the trace but for those of lost spans', () => {
    expect(new Set(traces.map(trace => trace.traceId)).size).toBe(traces.length)
    expect(new Set(spans.map(span => span.spanId)).size).toBe(spans.length)
    expect(spans.filter(({ spanId }) => !/^[0-9a-f]{16}$/.test(spanId))).toEqual([])
    let orphanCount = 0
    for (const { spans: ofTrace } of traces) {
      const ids = new Set(ofTrace.map(span => span.spanId))
      orphanCount += ofTrace.filter(span => span.parentSpanId !== '' && !ids.has(span.parentSpanId)).length
    }
    expect(spans.filter(span => span.parentSpanId === '').length).toBe(traces.length)
    expect(share(orphanCount, spans.length)).toBeGreaterThan(0.0001)
    expect(share(orphanCount, spans.length)).toBeLessThan(0.005)
  })

  it('keeps to the clock of the SDK: ns in Go, 100 ns in .NET, µs in Java, ms in an old service', () => {
    const ticks: Record<string, bigint> = {
      'order-service': 1000n,
      'payment-service': 100n,
      'warehouse-service': 1_000_000n,
    }
    const wrong = spans.filter(({ startNanos, endNanos, resource }) => {
      const tick = ticks[String(resource!.attributes[0].value)] ?? 1n
      return endNanos < startNanos || startNanos % tick !== 0n || endNanos % tick !== 0n
    })
    expect(wrong).toEqual([])
  })

  it('has children outside their parents, errors and events in the shares of real captures', () => {
    let [outside, children] = [0, 0]
    for (const { spans: ofTrace } of traces) {
      const byId = new Map(ofTrace.map(span => [span.spanId, span]))
      for (const span of ofTrace) {
        const parent = byId.get(span.parentSpanId)
        if (parent === undefined) continue
        children++
        if (span.startNanos < parent.startNanos || span.endNanos > parent.endNanos) outside++
      }
    }
    expect(share(outside, children)).toBeGreaterThan(0.01)
    expect(share(outside, children)).toBeLessThan(0.1)
    const errors = spans.filter(span => span.status?.code === 2)
    expect(share(errors.length, spans.length)).toBeGreaterThan(0.01)
    expect(share(errors.length, spans.length)).toBeLessThan(0.04)
    const events = new Set(spans.flatMap(span => span.events.map(event => event.name)))
    expect(events).toEqual(new Set(['exception', 'feature_flag.evaluation', 'retry']))
  })

  it('passes errors on to the callers', () => {
    for (const { spans: ofTrace } of traces) {
      const byId = new Map(ofTrace.map(span => [span.spanId, span]))
      for (const span of ofTrace) {
        const parent = byId.get(span.parentSpanId)
        if (span.kind === 2 && span.status?.code === 2 && parent?.kind === 3) expect(parent.status?.code).toBe(2)
      }
    }
    const retried = spans.filter(
      span => attributeOf(span, 'retry.count') ?? attributeOf(span, 'http.request.resend_count'),
    )
    expect(retried.length).toBeGreaterThan(10)
    expect(spans.some(span => attributeOf(span, 'error.type') === 'DeadlineExceeded')).toBe(true)
  })

  it('links the traces of consumers with those that sent', () => {
    const sent = new Set<string>()
    for (const trace of traces)
      for (const span of trace.spans) if (span.kind === 4) sent.add(trace.traceId + span.spanId)
    const links = spans.flatMap(span => span.links)
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter(({ traceId, spanId }) => !sent.has(traceId + spanId))).toEqual([])
  })

  it('has attributes of every type that instrumentation uses, by their conventional names', () => {
    const types: Record<string, string> = {
      'http.response.status_code': 'int',
      'rpc.grpc.status_code': 'int',
      'server.port': 'int',
      'cart.value': 'double',
      'cache.hit': 'bool',
      'order.item_ids': 'array',
      'db.query.text': 'string',
      'messaging.batch.message_count': 'int',
      'url.full': 'string',
      'user_agent.original': 'string',
    }
    for (const [key, type] of Object.entries(types)) {
      const values = spans.flatMap(span => span.attributes.filter(attribute => attribute.key === key))
      expect(values.length, key).toBeGreaterThan(0)
      expect(new Set(values.map(({ value }) => valueType(value))), key).toEqual(new Set([type]))
    }
    expect(new Set(spans.map(span => span.flags))).toEqual(new Set([0x1, 0x101, 0x301]))
    const withState = traces.filter(trace => trace.spans[0].traceState !== '').length
    expect(share(withState, traces.length)).toBeGreaterThan(0.015)
    expect(share(withState, traces.length)).toBeLessThan(0.05)
  })
})

describe('the floor of otel', () => {
  it('draws no more times than the data shows: two draws that only show as a sum would count too much', () => {
    const drawn = vi.spyOn(Timing.prototype, 'draw')
    const shown = generate(300)
    const counts = drawn.mock.calls.filter(([, field]) => field === 'own time' || field === 'duration').length
    drawn.mockRestore()
    const startsAndEnds = 2 * countSpans(shown) - shown.length
    const lost = 0.01 * startsAndEnds
    expect(counts).toBeGreaterThan(0.9 * startsAndEnds)
    expect(counts).toBeLessThan(startsAndEnds + lost)
  })

  it('has every field that is explained, and no other', () => {
    expect(Object.keys(floor.byField()).sort()).toEqual(Object.keys(otelFields).sort())
  })

  it('counts 8 bytes a span and 16 a trace for ids, and 14 to 18 bytes a span in all', () => {
    const fields = floor.byField()
    expect(fields['trace id']).toBe(16 * traces.length)
    const lostIds = fields['span id'] / 8 - spans.length
    expect(Number.isInteger(lostIds)).toBe(true)
    expect(lostIds).toBeGreaterThanOrEqual(0)
    expect(lostIds).toBeLessThan(0.002 * spans.length)
    expect(floor.total() / spans.length).toBeGreaterThan(14)
    expect(floor.total() / spans.length).toBeLessThan(18)
  })
})
