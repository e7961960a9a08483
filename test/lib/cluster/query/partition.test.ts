import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LiveAnswer } from '../../../../lib/cluster/live/answer.ts'
import type { LiveReplica } from '../../../../lib/cluster/query/live-stores.ts'
import { PartitionReader } from '../../../../lib/cluster/query/partition.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const { signal } = new AbortController()
const asked = { tenant: 'a', partition: 3, committed: 10, signal }

/** A replica that gives an answer, or none ever, and keeps how often it was asked. */
class Replica implements LiveReplica {
  readonly partition = 3
  readonly address: string
  askedCount = 0
  answer: Partial<LiveAnswer> | 'none' | 'error' = {}

  constructor(address: string) {
    this.address = address
  }

  async pieces(): Promise<LiveAnswer> {
    this.askedCount++
    if (this.answer === 'error') throw new Error('refused')
    if (this.answer === 'none') return new Promise(() => {})
    return { first: 0, next: 20, end: 20, endAgeMillis: 0, readMillis: 1, pieces: [], ...this.answer }
  }
}

function three(): [replicas: Replica[], reader: PartitionReader, read: () => Promise<string>] {
  const replicas = ['a', 'b', 'c'].map(address => new Replica(address))
  const reader = new PartitionReader(5_000)
  const read = async () => {
    for (const replica of replicas) replica.askedCount = 0
    const { problem, readMillis } = await reader.read(replicas, asked)
    return [...replicas.map(({ askedCount }) => askedCount), readMillis, problem].join(' ')
  }
  return [replicas, reader, read]
}

test('one replica cuts pieces for all who ask, as long as its answer is good', async () => {
  const [[a, b, c], , read] = three() as [[Replica, Replica, Replica], PartitionReader, () => Promise<string>]
  expect([await read(), await read()]).toEqual(['1 0 0 1 ', '1 0 0 1 '])
  a.answer = 'error'
  b.answer = { readMillis: 2 }
  expect(await read()).toBe('1 1 0 2 ')
  // It rests.
  a.answer = {}
  expect(await read()).toBe('0 1 0 2 ')
  vi.advanceTimersByTime(5_001)
  expect(await read()).toBe('1 0 0 1 ')
  // A gap, and one that does not know how far the log goes.
  a.answer = { first: 11, next: 30 }
  b.answer = { endAgeMillis: 3_000, readMillis: 2 }
  c.answer = { next: 21, end: 21, readMillis: 3 }
  expect(await read()).toBe('1 1 1 3 ')
  c.answer = { next: 19, readMillis: 3, endAgeMillis: 3_000 }
  expect(await read()).toBe('1 1 1 2 ')
  for (const replica of [a, b, c]) replica.answer = 'error'
  expect(await read()).toBe('1 1 1  its live stores do not answer')
})

test('one that is slow is not waited for, and asked last for a while', async () => {
  const [[a], , read] = three() as [[Replica], PartitionReader, () => Promise<string>]
  a.answer = 'none'
  const reading = read()
  await vi.advanceTimersByTimeAsync(1_999)
  expect(a.askedCount).toBe(1)
  await vi.advanceTimersByTimeAsync(2)
  expect(await reading).toBe('1 1 0 1 ')
  expect(await read()).toBe('0 1 0 1 ')
})
