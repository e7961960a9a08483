import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharesOf } from '../../../../lib/formats/stored/shares.ts'
import { dealOut, type StoredColumn, type StoredPart } from '../../../../lib/formats/stored/stored.ts'
import type { Trace, Value } from '../../../../lib/model/trace.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, span } from '../../../support/nasty.ts'

function traceOf(...spans: readonly (readonly [service: string, name: string, url?: Value])[]): Trace {
  return {
    traceId: '01',
    spans: spans.map(([service, name, url]) =>
      span({
        name,
        resource: { attributes: attributes(['service.name', service]), droppedAttributesCount: 0, schemaUrl: '' },
        attributes: url === undefined ? [] : attributes(['url', url]),
      }),
    ),
  }
}

const one = traceOf(['a', 'get', 'xx'], ['a', 'get', 'xx'], ['b', 'get', 'yyyyyy'], ['b', 'put'])

async function bytesBy(dealing: 'attribute' | 'service' | 'operation', ...parts: StoredPart[]) {
  const columns = parts.flatMap(part => part.columns)
  const byteLength = columns.reduce((sum, column) => sum + column.byteLength, 0)
  const { lines } = await dealOut(streamOf(parts), dealing, byteLength)
  const filled = lines.filter(line => line.byteLength > 0)
  return Object.fromEntries(
    filled.map(({ service, name, byteLength }) => [service === undefined ? name : `${service} ${name}`, byteLength]),
  )
}

const url = (share: StoredColumn['share'], byteLength: number): StoredColumn => ({
  name: 'span.url',
  share,
  byteLength,
})

test.each([
  // Two values of three are of a.
  ['codes', { a: 176, b: 88 }],
  // Two bytes of eight: entries that occur twice are in a dictionary once.
  ['entries', { a: 66, b: 198 }],
  // 2 + 2 and 1 + 6 of 11.
  ['values', { a: 96, b: 168 }],
  // Each of two spans of four.
  ['spans', { a: 132, b: 132 }],
  ['shared', { 'span.url': 264 }],
] as const)('%s are dealt out as they say', async (share, expected) => {
  expect(await bytesBy('service', { traces: [one], columns: [url(share, 264)] })).toEqual(expected)
})

test('an operation is of a service', async () => {
  const columns = [url('spans', 80)]
  const expected = { 'a get': 40, 'b get': 20, 'b put': 20 }
  expect(await bytesBy('operation', { traces: [one], columns })).toEqual(expected)
})

test('services and operations whose names run together are two', async () => {
  const traces = [traceOf(['a', 'bc'], ['ab', 'c'])]
  expect(await bytesBy('operation', { traces, columns: [url('spans', 2)] })).toEqual({ 'a bc': 1, 'ab c': 1 })
})

test('a column of several attributes is dealt out to them, one without values is its own line', async () => {
  const column = { name: 'lists', share: 'codes', byteLength: 70 } as const
  const holds = ({ name }: { name: string }) => /^(?:span|resource)\./.test(name)
  const columns = [
    { ...column, holds },
    { ...url('values', 5), name: 'span.none' },
  ]
  const expected = { 'resource.service.name': 40, 'span.url': 30, 'span.none': 5 }
  expect(await bytesBy('attribute', { traces: [one], columns })).toEqual(expected)
})

test('what stands behind all traces is dealt out by all of them', async () => {
  const other = traceOf(['b', 'get', 'yyyyyy'])
  const parts = [one, other].map(trace => ({ traces: [trace], columns: [] }))
  const expected = { a: 2, b: 12 }
  expect(await bytesBy('service', ...parts, { traces: [], columns: [url('entries', 14)] })).toEqual(expected)
})

test('parts that do not sum to the file are refused', async () => {
  const parts = streamOf([{ traces: [one], columns: [url('codes', 5)] }])
  const error = await labRejection(dealOut(parts, 'service', 6))
  expect(error.message).toBe('the parts that it names take 5 bytes, the file has 6')
})

test('shares are whole numbers that sum to the whole, each less than one from its weight', () => {
  const weights = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(fc.nat(), weights, (whole, weights) => {
      const sum = weights.reduce((total, weight) => total + weight, 0)
      fc.pre(sum > 0)
      const shares = sharesOf(whole, weights)
      expect(shares.reduce((total, share) => total + share, 0)).toBe(whole)
      for (const [i, share] of shares.entries())
        expect(Math.abs(share - (whole * weights[i]!) / sum)).toBeLessThan(1 + 1e-6)
    }),
    seeded(200),
  )
})
