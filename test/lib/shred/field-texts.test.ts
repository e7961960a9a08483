import { expect, test } from 'vitest'
import type { Status } from '../../../lib/model/trace.ts'
import {
  droppedCountsOf,
  parseDropped,
  parseStatus,
  printDropped,
  printStatus,
  statusKey,
} from '../../../lib/shred/field-texts.ts'
import { shredTrace } from '../../../lib/shred/objects.ts'
import { Segment } from '../../../lib/shred/shred.ts'
import { span } from '../../support/nasty.ts'

const fail = (message: string): never => {
  throw new Error(message)
}

const statuses: (Status | null)[] = [null, ...[-1, 0, 1, 2, 2 ** 31 - 1].flatMap(code => withMessages(code))]

function withMessages(code: number): Status[] {
  return ['', ' ', '0', '2', '\ud800'].map(message => ({ code, message }))
}

test('statuses share a key only where they are equal, as no status and one without a message are not', () => {
  expect(new Set(statuses.map(statusKey)).size).toBe(statuses.length)
  for (const status of statuses) expect(statusKey(structuredClone(status))).toBe(statusKey(status))
})

test('statuses and dropped counts come back from their texts', () => {
  for (const status of statuses) expect(parseStatus(printStatus(status), fail)).toEqual(status)
  for (const counts of [
    [0, 0, 0],
    [1, 0, 0],
    [0, 0, 2 ** 32 - 1],
  ] as const)
    expect(parseDropped(printDropped(counts), fail)).toEqual(counts)
})

test('a segment keeps equal records once, though they are not the same object, and the extent of all starts', () => {
  const segment = new Segment()
  const dropped = { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 3 }
  const starts = [5n, 2n ** 63n, 3n, 7n]
  const spans = starts.map((startNanos, i) =>
    span({ spanId: `0${i}`.repeat(8), startNanos, status: { code: 2, message: 'no' }, ...(i < 2 ? dropped : {}) }),
  )
  shredTrace(segment, { traceId: 'ab'.repeat(16), spans })
  expect(segment.span.statuses.dictionary.values).toEqual([{ code: 2, message: 'no' }])
  expect(segment.span.droppedCounts.dictionary.values).toEqual([
    [1, 2, 3],
    [0, 0, 0],
  ])
  expect(spans.map(droppedCountsOf)).toEqual([...Array(2).fill([1, 2, 3]), ...Array(2).fill([0, 0, 0])])
  expect([segment.minStart, segment.maxStart]).toEqual([3n, 2n ** 63n])
})
