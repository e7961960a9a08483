import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { nextTurn, urgently } from '../../lib/turns.ts'

/** Keeps the event loop busy. */
function work(millis: number): void {
  const start = performance.now()
  while (performance.now() - start < millis);
}

test('in a turn of the event loop one step is done, whoever asks', async () => {
  let turn = 0
  const turns: number[] = []
  const count = () =>
    setImmediate(() => {
      turn++
      if (turn < 40) count()
    })
  count()
  const chain = async () => {
    for (let step = 0; step < 5; step++) {
      await nextTurn()
      turns.push(turn)
      work(11)
    }
  }
  await Promise.all([chain(), chain(), chain()])
  expect(turns.length).toBe(15)
  expect(new Set(turns).size).toBe(15)
})

test('what can wait waits for what is urgent, and goes on when that ends', async () => {
  await nextTurn()
  work(20)
  const order: string[] = []
  const waiting = nextTurn().then(() => order.push('waited'))
  await urgently(async () => {
    await sleep(15)
    order.push('urgent')
  })
  await waiting
  expect(order).toEqual(['urgent', 'waited'])
})

test('what can wait has a ninth of the time, however long urgent work goes on', async () => {
  let isOver = false
  const endless = urgently(async () => {
    while (!isOver) await sleep(1)
  })
  const start = performance.now()
  for (let step = 0; step < 10; step++) {
    work(4)
    await nextTurn()
  }
  // Each step takes 4 ms.
  expect(performance.now() - start).toBeGreaterThan(10 * (4 + 32) - 5)
  isOver = true
  await endless
  await nextTurn()
})

test('urgent work that fails holds nothing up', async () => {
  await expect(urgently(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await nextTurn()
  await nextTurn()
})

test('a clock that a test had set ahead does not keep the event loop from turning', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  for (let step = 0; step < 3; step++) {
    vi.advanceTimersByTime(5_000)
    await nextTurn()
  }
  vi.useRealTimers()
  let hasTurned = false
  setImmediate(() => {
    hasTurned = true
  })
  const endMillis = performance.now() + 300
  while (!hasTurned && performance.now() < endMillis) await nextTurn()
  expect(hasTurned).toBe(true)
})
