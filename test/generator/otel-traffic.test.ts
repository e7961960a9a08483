import { expect, test } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { Queue } from '../../generator/otel/queue.ts'
import { Traffic } from '../../generator/otel/traffic.ts'
import { Random } from '../../generator/random.ts'

const seed = 5
const hourNanos = 3_600e9

test(`traffic varies by the hour, and load with it (seed ${seed})`, () => {
  const traffic = new Traffic(new Random(seed, new FloorMeter()))
  const hours = Array.from({ length: 24 }, () => ({ count: 0, load: 0 }))
  while (traffic.nowNanos < 32 * hourNanos) {
    const hour = hours[Math.floor(traffic.next(1) / hourNanos) % 24]
    hour.count++
    hour.load += traffic.load()
  }
  const [night, evening] = [hours[3], hours[18]]
  expect(evening.count / night.count).toBeGreaterThan(3)
  expect(night.load / night.count).toBeLessThan(4.2)
  expect(evening.load / evening.count).toBeGreaterThan(8)
})

test('a start is at a tick of the clock that shows it, and costs what the clock can tell', () => {
  const bitsOf = (tickNanos: number) => {
    const floor = new FloorMeter()
    const traffic = new Traffic(new Random(seed, floor))
    const starts = Array.from({ length: 2000 }, () => traffic.next(tickNanos))
    expect(starts.filter(start => start % tickNanos !== 0)).toEqual([])
    expect(starts.slice(1).filter((start, i) => start < starts[i])).toEqual([])
    return (floor.total() * 8) / starts.length
  }
  expect(bitsOf(1) - bitsOf(1e6)).toBeCloseTo(Math.log2(1e6), 0)
})

test('a queue hands on the oldest, once they were sent, and forgets what is too much', () => {
  const queue = new Queue()
  const message = (nanos: number) => ({ traceId: '', spanId: '', flags: 0, traceState: '', orderId: `${nanos}`, nanos })
  for (const nanos of [1, 2, 9]) queue.push(message(nanos))
  expect([queue.ready(5, 8), queue.ready(5, 1), queue.ready(99, 8)]).toEqual([2, 1, 3])
  expect(queue.take(2).map(({ nanos }) => nanos)).toEqual([1, 2])
  for (let nanos = 10; nanos < 5010; nanos++) queue.push(message(nanos))
  expect(queue.ready(1e9, 1e9)).toBe(4096)
})
