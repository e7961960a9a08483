import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LivePiece } from '../../../../lib/cluster/live/answer.ts'
import { putBytes, readObject } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { idsIn, LiveStage } from '../../../support/live-stage.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const base = Number(process.env.SEED ?? 20261129)

interface Named {
  readonly pieces: readonly LivePiece[]
  readonly untilMillis: number
}

/** Damages the folder as a disk may: an object is gone, or cut. */
async function damage({ folder: { kept }, folder }: LiveStage, draw: () => number): Promise<void> {
  const keys = await folder.keys()
  const key = keys[Math.floor(draw() * keys.length)]
  if (key === undefined) return
  if (draw() < 0.5) return kept.delete(key)
  const bytes = await readObject(kept, key)
  await putBytes(kept, key, bytes.subarray(0, Math.floor(draw() * bytes.length)))
}

for (let seed = base; seed < base + 12; seed++)
  test(`every span of the offsets that it answers for is there, whatever happens when (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const pick = (count: number) => Math.floor(draw() * count)
    const stage = await LiveStage.open(draw, { maxBlockMillis: 5_000, maxBlockBytes: 40_000 + pick(300_000) })
    const vectors = [0]
    let [number, named]: [number, Named[]] = [1, []]
    const restart = async () => {
      named = []
      stage.folder.deathShare = 0
      stage.folder.failShare = 0
      await stage.start()
    }
    const steps: Record<string, () => unknown> = {
      append: async () => {
        for (let count = 1 + pick(4); count > 0; count--) {
          const numbers = Array.from({ length: pick(5) }, () => (draw() < 0.1 ? 1 + pick(number) : number++))
          await stage.append(`t${pick(3)}`, [...new Set(numbers)])
        }
      },
      read: () => stage.live.read(0),
      ask: async () => {
        const from = draw() < 0.5 ? stage.committed : vectors[pick(vectors.length)]!
        const pieces = await stage.check(`t${pick(4)}`, from, `seed ${seed}`)
        named.push({ pieces, untilMillis: performance.now() + 60_000 })
      },
      askMany: () =>
        Promise.all([
          ...[0, 1, 2, 0].map(tenant => stage.check(`t${tenant}`, stage.committed, `seed ${seed}, at once`)),
          stage.live.read(0),
          stage.live.maintain(),
        ]),
      build: async () => {
        await stage.build(stage.committed + pick(stage.truth.length - stage.committed + 1))
        vectors.push(stage.committed)
      },
      truncate: () =>
        draw() < 0.3 && stage.topic.truncate(1, Math.max(stage.committed, stage.topic.partition(1).first)),
      pass: async () => {
        await vi.advanceTimersByTimeAsync(1_000 + pick(30_000))
        await stage.live.maintain().catch(() => {})
      },
      fail: () => {
        stage.folder.failShare = draw() < 0.3 ? 0.5 : 0
      },
      reread: async () => {
        named = named.filter(({ untilMillis }) => untilMillis > performance.now())
        for (const { id } of named[pick(named.length)]?.pieces ?? []) await idsIn(await stage.live.openPiece(id))
      },
      close: async () => {
        await stage.live.close()
        await restart()
      },
      crash: async () => {
        stage.folder.deathShare = 0.3
        await stage.append('t0', [number++])
        await stage.live.read(0).catch(() => {})
        stage.live.segments.rotate()
        await stage.live.segments.write()
        if (draw() < 0.3) await damage(stage, draw)
        await restart()
      },
    }
    const weighed = ['append', 'read', 'ask', 'append', 'read', 'ask', 'build', 'pass', ...Object.keys(steps)]
    for (let step = 0; step < 150; step++) {
      const name = weighed[pick(weighed.length)]!
      if (['ask', 'askMany'].includes(name)) stage.folder.failShare = 0
      await steps[name]!()
    }
    stage.folder.failShare = 0
    while (stage.live.segments.next < stage.truth.length) await stage.live.read(0)
    for (const tenant of ['t0', 't1', 't2']) await stage.check(tenant, stage.committed, `seed ${seed}, at the end`)
    const { first, next, memoryBytes } = stage.live.status()
    expect([first <= stage.committed, next]).toEqual([true, stage.truth.length])
    expect(memoryBytes).toBeLessThan(1e6)
  }, 60_000)
