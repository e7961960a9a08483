import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inOrder } from '../../../lib/workers/in-order.ts'

async function* upTo(count: number, fetched: number[] = []): AsyncIterable<number> {
  for (let i = 0; i < count; i++) {
    fetched.push(i)
    yield i
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const ahead = { width: 3, mayFollow: () => true }

test('results come in the order of the items, whichever is done first', async () => {
  const slow = async (item: number) => sleep(item % 2 === 0 ? 8 : 1, item * 10)
  expect(await all(inOrder(upTo(7), ahead, slow))).toEqual([0, 10, 20, 30, 40, 50, 60])
  expect(await all(inOrder(upTo(0), ahead, slow))).toEqual([])
})

test('no more than the width is under way', async () => {
  let [now, most] = [0, 0]
  const work = async (item: number) => {
    most = Math.max(most, ++now)
    await sleep(1)
    now--
    return item
  }
  await all(inOrder(upTo(20), ahead, work))
  expect(most).toBe(3)
})

test('an item that none may follow is done before the next one is fetched', async () => {
  const fetched: number[] = []
  const seen: number[][] = []
  const alone = { width: 3, mayFollow: (item: number) => item % 2 === 0 }
  for await (const item of inOrder(upTo(6, fetched), alone, async item => item)) if (item % 2) seen.push([...fetched])
  expect(seen).toEqual([
    [0, 1],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4, 5],
  ])
})

test('the first error by the order is thrown, after the results before it, once all else has ended', async () => {
  let ended = 0
  const work = async (item: number) => {
    await sleep(item === 1 ? 8 : 1)
    ended++
    if (item > 0) throw new Error(`of ${item}`)
    return item
  }
  const seen: number[] = []
  const reading = async () => {
    for await (const item of inOrder(upTo(9), ahead, work)) seen.push(item)
  }
  await expect(reading()).rejects.toThrow('of 1')
  expect(seen).toEqual([0])
  expect(ended).toBe(4)
})

test('an error of fetching comes after the results of what was fetched', async () => {
  async function* broken() {
    yield* upTo(2)
    throw new Error('no more')
  }
  const seen: number[] = []
  const reading = async () => {
    for await (const item of inOrder(broken(), ahead, async item => sleep(2, item))) seen.push(item)
  }
  await expect(reading()).rejects.toThrow('no more')
  expect(seen).toEqual([0, 1])
})

test('who takes no more ends the fetching', async () => {
  const fetched: number[] = []
  for await (const item of inOrder(upTo(100, fetched), ahead, async item => item)) if (item === 2) break
  expect(fetched.length).toBeLessThan(7)
})
