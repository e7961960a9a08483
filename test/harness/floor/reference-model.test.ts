import { describe, expect, test } from 'vitest'
import { generateClassic } from '../../../generator/classic.ts'
import { FloorMeter } from '../../../generator/floor-meter.ts'
import { ReferenceModel, referenceModelNotes } from '../../../harness/floor/reference-model.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

const seed = 1

function fieldsOf(traces: readonly Trace[]): Record<string, number> {
  const model = new ReferenceModel()
  for (const trace of traces) model.add(trace)
  return model.byField()
}

function totalOf(traces: readonly Trace[]): number {
  return Object.values(fieldsOf(traces)).reduce((sum, byteLength) => sum + byteLength, 0)
}

describe(`on the workload classic, seed ${seed}`, () => {
  const floor = new FloorMeter()
  const traces = [...generateClassic({ traceCount: 1000, seed }, floor)]
  const fields = fieldsOf(traces)

  test('the estimate lies within 10 % of the floor that the generator knows', () => {
    const ratio = totalOf(traces) / floor.total()
    expect(ratio).toBeGreaterThan(0.9)
    expect(ratio).toBeLessThan(1.1)
  })

  test('ids cost the bits that are random: 60 of a span id, 32 of a trace id', () => {
    expect(Math.abs(fields['span ids'] / countSpans(traces) - 7.5)).toBeLessThan(0.05)
    expect(Math.abs(fields['trace ids'] / traces.length - 4)).toBeLessThan(0.1)
  })

  test('fields are whole numbers, the largest first, each with a note', () => {
    const byteLengths = Object.values(fields)
    expect(byteLengths.every(Number.isInteger)).toBe(true)
    expect(byteLengths).toEqual([...byteLengths].sort((a, b) => b - a))
    expect(Object.keys(fields).filter(field => !(field in referenceModelNotes))).toEqual([])
  })

  test('the same traces cost the same again', () => expect(fieldsOf(traces)).toEqual(fields))
})

test('no traces cost nothing', () => expect(new ReferenceModel().byField()).toEqual({}))

test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s: finite and not absurd', (_, traces) => {
  const total = totalOf(traces)
  expect(total).toBeGreaterThanOrEqual(0)
  expect(total).toBeLessThan(250_000)
})

function spansWith(fields: (i: number) => Parameters<typeof span>[0]): Trace[] {
  return Array.from({ length: 500 }, (_, i) => ({
    traceId: i.toString(16).padStart(32, '0'),
    spans: [span(fields(i))],
  }))
}

test('what can be told from before is nearly free: counting ids, steady times, a value that is the name', () => {
  const traces = spansWith(i => ({
    spanId: i.toString(16).padStart(16, '0'),
    name: `operation ${i % 3}`,
    startNanos: 1_700_000_000_000_000_000n + 1_000_000n * BigInt(i),
    endNanos: 1_700_000_000_000_000_000n + 1_000_000n * BigInt(i + 1),
    attributes: attributes(['operation', `operation ${i % 3}`]),
  }))
  expect(totalOf(traces)).toBeLessThan(500)
})

test('what is random costs its bits: nanoseconds, hexadecimal digits', () => {
  let state = 1
  const random = () => {
    state = Math.imul(state, 1664525) + 1013904223
    return ((state >>> 8) % 0xffff).toString(16).padStart(4, '0')
  }
  const values = Array.from({ length: 500 }, () => random() + random())
  const fields = fieldsOf(spansWith(i => ({ attributes: attributes(['id', values[i]]) })))
  expect(fields['attribute values'] / 500).toBeGreaterThan(3.9)
  expect(fields['attribute values'] / 500).toBeLessThan(5)
})
