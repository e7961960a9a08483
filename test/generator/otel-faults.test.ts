import { describe, expect, it } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { type FaultLabel, faultNames } from '../../generator/otel/faults.ts'
import { generateOtel } from '../../generator/otel/otel.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'

const seed = 3
const traceCount = 1200

function generate(faults: readonly string[]): { traces: Trace[]; labels: FaultLabel[] } {
  let labels: FaultLabel[] = []
  const onFaults = (found: FaultLabel[]) => {
    labels = found
  }
  const traces = [...generateOtel({ traceCount, seed, faults, onFaults }, new FloorMeter())]
  return { traces, labels }
}

function has(span: Span, key: string, value: unknown): boolean {
  return [...span.attributes, ...span.resource!.attributes].some(one => one.key === key && one.value === value)
}

describe(`faults (seed ${seed})`, () => {
  it('are none by default', () => {
    expect(generate([]).labels).toEqual([])
  })

  it('come with the time, the service and the traces', () => {
    const { traces, labels } = generate(faultNames)
    expect(labels.map(label => label.name)).toEqual(faultNames)
    const ids = new Set(traces.map(trace => trace.traceId))
    for (const { startNanos, endNanos, traceIds, service } of labels) {
      expect(BigInt(endNanos)).toBeGreaterThan(BigInt(startNanos))
      expect(service).not.toBe('')
      expect(traceIds.length).toBeGreaterThan(4)
      expect(new Set(traceIds).size).toBe(traceIds.length)
      expect(traceIds.filter(id => !ids.has(id))).toEqual([])
    }
  })

  it('slow-dependency makes the bank slow', () => {
    const { traces, labels } = generate(['slow-dependency'])
    const marked = new Set(labels[0].traceIds)
    const calls = (isMarked: boolean) =>
      traces
        .filter(trace => marked.has(trace.traceId) === isMarked)
        .flatMap(trace => trace.spans.filter(span => has(span, 'server.address', 'api.bank.example.com')))
        .map(span => Number(span.endNanos - span.startNanos))
        .sort((a, b) => a - b)
    const [slow, usual] = [calls(true), calls(false)]
    expect(slow[slow.length >> 1]).toBeGreaterThan(4 * usual[usual.length >> 1])
  })

  it.each([
    ['error-burst', (span: Span) => has(span, 'service.name', 'inventory-service') && span.status?.code === 2],
    ['bad-version', (span: Span) => has(span, 'service.version', '5.4.0')],
    ['cold-cache', (span: Span) => has(span, 'db.system.name', 'redis')],
  ])('%s is seen in every trace that it marks, unless the span was lost', (name, isSeen) => {
    const { traces, labels } = generate([name])
    const marked = new Set(labels[0].traceIds)
    const seen = traces.filter(trace => marked.has(trace.traceId) && trace.spans.some(isSeen))
    expect(marked.size).toBeGreaterThan(4)
    expect(seen.length).toBeGreaterThan(0.95 * marked.size)
    if (name === 'bad-version')
      for (const trace of traces) if (trace.spans.some(isSeen)) expect(marked).toContain(trace.traceId)
  })
})
