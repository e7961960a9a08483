import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateClassic } from '../../generator/classic.ts'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { squeezed } from '../../lib/formats/squeezed/format.ts'
import { printSqueezed } from '../../lib/formats/squeezed/print.ts'
import { firstDifference } from '../../lib/model/difference.ts'
import { countSpans, type Trace } from '../../lib/model/trace.ts'

const seed = 1

function generate(traceCount: number, from = seed, floor = new FloorMeter()): Trace[] {
  return [...generateClassic({ traceCount, seed: from }, floor)]
}

function digest(traces: readonly Trace[]): string {
  const text = JSON.stringify(traces, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  return createHash('sha256').update(text).digest('hex')
}

describe(`generateClassic (seed ${seed})`, () => {
  it('gives the golden bytes, on every engine', () => {
    expect(digest(generate(1000))).toBe('d74fc3b8b85abced8b363455d830b2e1786d16559b848283ea45b78c3a6390f3')
    expect(digest(generate(100, 2 ** 53 - 1))).toBe('58de6b0ae56d1f0cdbb9dfc44bdf28b81883a85f4e3b36c2cdf53d8d6f6506ba')
  })

  it('gives the smaller size as the start of the larger', () => {
    expect(digest(generate(100))).toBe(digest(generate(1000).slice(0, 100)))
  })

  it('comes back from the original form as it was, with nothing dropped', async () => {
    const traces = generate(1000)
    const losses = new Losses()
    const back: Trace[] = []
    const chunks = (async function* () {
      yield Buffer.from(traces.map(printSqueezed).join(''))
    })()
    for await (const batch of squeezed.read(chunks, losses)) back.push(...batch)
    expect(losses.list()).toEqual([])
    expect(back.length).toBe(traces.length)
    for (const [i, trace] of traces.entries()) expect(firstDifference(trace, back[i])).toBe(undefined)
  })

  it('has the shape of the workload', () => {
    const traces = generate(6000)
    const counts = [1, 4, 9].map(spanCount => traces.filter(({ spans }) => spans.length === spanCount).length)
    expect(counts[0] + counts[1] + counts[2]).toBe(6000)
    for (const [i, expected] of [4000, 1000, 1000].entries()) expect(Math.abs(counts[i] - expected)).toBeLessThan(150)
    for (const { spans } of traces)
      for (const span of spans) {
        expect(span.spanId).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}$/)
        expect((span.endNanos - span.startNanos) % 1_000_000n).toBe(0n)
        expect((span.startNanos - spans[0].startNanos) % 1_000_000n).toBe(0n)
        expect(spans[0].startNanos % 256n).toBe(0n)
        expect(span.events.length).toBe(span.status?.code === 2 ? 1 : 0)
      }
  })

  it('has errors at the rate of the service', () => {
    const spans = generate(20_000).flatMap(trace => trace.spans)
    const charges = spans.filter(span => span.name === 'charge')
    const share = charges.filter(span => span.status?.code === 2).length / charges.length
    expect(Math.abs(share - 0.08)).toBeLessThan(0.02)
  })
})

describe('the floor of classic', () => {
  it('is near 16 bytes a span at medium, as worked out for the original, and 0.5 kB of names', () => {
    const floor = new FloorMeter()
    const spanCount = countSpans(generate(1000, seed, floor))
    const { names, ...fields } = floor.byField()
    const bytesPerSpan = (floor.total() - names) / spanCount
    expect(names).toBeGreaterThan(450)
    expect(names).toBeLessThan(560)
    expect(bytesPerSpan).toBeGreaterThan(15.8)
    expect(bytesPerSpan).toBeLessThan(16.2)
    expect(fields['span id']).toBe(spanCount * 7.5)
    expect(fields['request.id']).toBe(spanCount * 4)
    expect(fields['trace id']).toBe(4000)
    expect(fields['user.id']).toBeCloseTo((spanCount * Math.log2(9000)) / 8, 6)
  })

  it('charges a look-alike pattern for what can be told, and has every field', () => {
    const floor = new FloorMeter()
    const traces = generate(6000, seed, floor)
    const singles = traces.filter(({ spans }) => spans.length === 1).length
    const bits = singles * -Math.log2(4 / 6) + (6000 - singles) * Math.log2(6)
    expect(floor.byField().pattern * 8).toBeCloseTo(bits, 6)
    expect(Object.keys(floor.byField()).sort()).toEqual(
      'error,error.kind,latency,method,names,pattern,request.id,span id,start time,status code,trace id,user.id'.split(
        ',',
      ),
    )
  })
})
