import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import type { LivePiece } from '../../../../lib/cluster/live/answer.ts'
import { LiveStore } from '../../../../lib/cluster/live/live-store.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { putBytes, readObject } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { idsIn, LiveStage } from '../../../support/live-stage.ts'
import { spanIdOf } from '../../../support/store-spans.ts'

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

for (let seed = base; seed < base + (isThorough ? 12 : 3); seed++)
  test(`every span of the offsets that it answers for is there, whatever happens when (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const pick = (count: number) => Math.floor(draw() * count)
    const stage = await LiveStage.open(draw, {
      ...{ maxBlockMillis: 5_000, maxBlockBytes: 40_000 + pick(300_000), maxUncommittedMillis: 20_000 },
      ...{
        maxPieceRows: 5 + pick(40),
        maxUncutSpans: 10 + pick(200),
        maxLiveBytes: seed % 2 === 0 ? 300_000 + pick(300_000) : 250_000_000,
      },
    })
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
        const from = [stage.committed, vectors[pick(vectors.length)]!, pick(stage.truth.length + 1)][pick(3)]!
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

async function readAll({ live, truth }: LiveStage): Promise<void> {
  while (live.segments.next < truth.length) await live.read(0)
}

test('a start reads of the log only what its folder does not have', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  for (let i = 1; i <= 9; i++) {
    await stage.append('t0', [i])
    if (i % 3 === 0) {
      await readAll(stage)
      await stage.live.close()
    }
  }
  await stage.append('t0', [10])
  await stage.build(4)
  await stage.start()
  expect(stage.live.status()).toMatchObject({ first: 3, next: 9, committed: 4, waitingBytes: expect.any(Number) })
  expect(stage.live.status().readMillis).toBeGreaterThan(0)
  expect((await stage.folder.keys()).map(key => key.slice(0, 12))).toEqual([
    'live=1/piece',
    'live=1/piece',
    'live=1/segme',
    'live=1/segme',
  ])
  await stage.check('t0', 4, 'after the start')
  await readAll(stage)
  expect(stage.live.counters.records).toBe(1)
  expect(await stage.check('t0', 9, 'at the end')).toHaveLength(1)
})

test('what is in blocks is answered for 10 s more, and is readable for a minute', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  await stage.append('t0', [1])
  await readAll(stage)
  const [cut] = await stage.check('t0', 0, 'cut')
  stage.live.segments.rotate()
  await stage.build(1)
  await stage.live.maintain()
  vi.advanceTimersByTime(9_000)
  await stage.live.maintain()
  expect(await stage.check('t0', 0, 'in blocks')).toEqual([cut])
  vi.advanceTimersByTime(2_000)
  await stage.live.maintain()
  expect(await stage.live.answer('t0', 0)).toMatchObject({ first: 1, next: 1, pieces: [] })
  vi.advanceTimersByTime(59_000)
  await stage.live.maintain()
  expect(await idsIn(await stage.live.openPiece(cut!.id))).toHaveLength(1)
  vi.advanceTimersByTime(2_000)
  await stage.live.maintain()
  await expect(async () => stage.live.openPiece(cut!.id)).rejects.toThrow('ask for the list again')
  expect(await stage.folder.keys()).toEqual([])
})

test('where blocks come in time and nobody asks, nothing is written; what is late is, and an end writes what is not in blocks', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  const keysAfter = async (offsets: number, seconds: number) => {
    for (let i = 0; i < offsets; i++) await stage.append(`t${i % 2}`, [stage.truth.length + 1])
    await readAll(stage)
    for (let i = 0; i < seconds; i++) {
      vi.advanceTimersByTime(1_000)
      await stage.live.maintain()
      await new Promise(setImmediate)
    }
    return stage.folder.keys()
  }
  for (let cycle = 0; cycle < 6; cycle++) {
    expect(await keysAfter(6, 30)).toEqual([])
    await stage.build(stage.truth.length - 2)
  }
  expect(stage.live.segments.first).toBeGreaterThan(20)
  expect(await keysAfter(4, 85)).toEqual([])
  await keysAfter(2, 10)
  await eventually(async () => expect(await stage.folder.keys()).toHaveLength(3))
  expect(stage.live.counters.segments).toBe(1)
  await stage.build(stage.truth.length - 1)
  await stage.live.maintain()
  await stage.live.close()
  await stage.start()
  expect([stage.live.segments.first, stage.live.segments.next]).toEqual([stage.committed, stage.truth.length])
  await stage.check('t1', stage.committed, 'after the start')
}, 60_000)

test('who asks gets pieces of what is beyond the blocks and no more, also where these end in the midst of one', async () => {
  const stage = await LiveStage.open(drawsOf(1), { maxPieceRows: 50 })
  const rowsFrom = async (from: number) => {
    const pieces = await stage.check('t0', from, `from ${from}`)
    return pieces.reduce((sum, { meta }) => sum + meta.totalSpans, 0)
  }
  for (let i = 0; i < 40; i++) await stage.append('t0', [3 * i + 1, 3 * i + 2, 3 * i + 3])
  await readAll(stage)
  for (const from of [0, 10, 9, 10, 30, 31, 12, 0, 40, 99])
    expect(await rowsFrom(from)).toBe(3 * Math.max(0, 40 - from))
  const before = await stage.live.answer('t0', 12)
  expect(before.pieces.length).toBeLessThan(8)
  expect(await stage.live.answer('t0', 12)).toEqual(before)
})

test('who asks first waits for what is not in blocks to be cut, not for all that is in memory', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  for (let i = 1; i <= 40; i++) await stage.append('t0', [i])
  await readAll(stage)
  await stage.build(39)
  await stage.check('t0', 39, 'first')
  const [key, ...others] = await stage.folder.keys()
  expect(await idsIn(await stage.folder.kept.open(key!))).toEqual([spanIdOf(40)])
  expect(others).toEqual([])
})

test('more spans than one would wait for are cut before somebody asks', async () => {
  const stage = await LiveStage.open(drawsOf(1), { maxUncutSpans: 50 })
  const add = async (count: number) => {
    for (let i = 0; i < count; i++) await stage.append('t0', [2 * stage.truth.length + 1, 2 * stage.truth.length + 2])
    await readAll(stage)
    await stage.live.maintain()
  }
  await add(25)
  await stage.build(20)
  await stage.live.maintain()
  await add(20)
  expect(await stage.folder.keys()).toEqual([])
  await add(1)
  await eventually(async () => expect(await stage.folder.keys()).toHaveLength(1))
  const [key] = await stage.folder.keys()
  const [piece, ...others] = await stage.check('t0', stage.committed, 'asked')
  expect([key, others]).toEqual([`live=1/piece/${piece!.id}.blockpack`, []])
}, 60_000)

test('a span that comes again after blocks have it is in them alone', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  await stage.append('t0', [1, 2])
  await stage.append('t0', [2, 3])
  await stage.append('t0', [3, 1])
  await readAll(stage)
  const idsFrom = async (from: number) => {
    const pieces = await stage.check('t0', from, `from ${from}`)
    return (await Promise.all(pieces.map(async ({ id }) => idsIn(await stage.live.openPiece(id))))).flat().sort()
  }
  for (const [from, numbers] of [
    [0, [1, 2, 3]],
    [1, [3]],
    [2, []],
    [0, [1, 2, 3]],
  ] as const)
    expect(await idsFrom(from)).toEqual(numbers.map(spanIdOf).sort())
})

test('whoever asks all the time gets few pieces, and a span is written a few times', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  const seen = new Map<string, number>()
  let most = 0
  for (let i = 1; i <= 200; i++) {
    await stage.append('t0', [i])
    await readAll(stage)
    const { pieces } = await stage.live.answer('t0', 0)
    for (const { id, meta } of pieces) seen.set(id, meta.totalSpans)
    most = Math.max(most, pieces.length)
  }
  await stage.check('t0', 0, 'at the end')
  expect(most).toBeLessThanOrEqual(21)
  expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(200 * 3.5)
})

test('those who ask at once or soon again get the same pieces', async () => {
  const stage = await LiveStage.open(drawsOf(1), { cutMillis: 250 })
  await stage.append('t0', [1])
  await readAll(stage)
  const ids = async () => (await stage.live.answer('t0', 0)).pieces.map(({ id }) => id)
  const [first] = await Promise.all([ids(), ids(), ids()])
  await stage.append('t0', [2])
  await readAll(stage)
  expect([await ids(), (await stage.live.answer('t0', 0)).next]).toEqual([first, 1])
  vi.advanceTimersByTime(251)
  expect(await ids()).toHaveLength(2)
  expect((await stage.live.answer('t0', 0)).next).toBe(2)
})

test('while memory is full nothing more is read, and it says that it lags; nothing is lost', async () => {
  const stage = await LiveStage.open(drawsOf(1), { maxLiveBytes: 200_000 })
  stage.folder.failShare = 1
  for (let i = 0; i < 40; i++) {
    const numbers = Array.from({ length: 100 }, (_, j) => i * 100 + j + 1)
    await stage.append('t0', numbers)
    await stage.live.read(1)
  }
  const { next, end, isFull, memoryBytes } = stage.live.status()
  expect(end).toBe(40)
  expect(next).toBeLessThan(40)
  expect(isFull).toBe(true)
  expect(memoryBytes).toBeLessThan(250_000)
  expect(stage.warnings.filter(text => text.includes('nothing is read until'))).toHaveLength(1)
  expect(stage.warnings.some(text => /a segment stays in memory: ENOSPC/.test(text))).toBe(true)
  stage.folder.failShare = 0
  for (let i = 0; i < 400 && stage.live.segments.next < 40; i++) {
    await stage.live.read(1)
    await stage.live.maintain()
  }
  await stage.check('t0', 0, 'at the end')
  expect(stage.live.status()).toMatchObject({ first: 0, next: 40 })
  expect(stage.live.notReady()).toBeUndefined()
})

test('it is ready once it has read up to the end, or near it, and stays so', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  await stage.append('t0', [1])
  await stage.start()
  expect(stage.live.notReady()).toBe('log "spans", partition 1: has read up to offset 0 of 1')
  await readAll(stage)
  expect(stage.live.notReady()).toBeUndefined()
  await stage.append('t0', [2])
  expect(stage.live.notReady()).toBeUndefined()
})

test('poison is counted and passed over', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  await stage.append('t0', [1])
  await stage.append('t0', [])
  await stage.append('t0', [2])
  await readAll(stage)
  await stage.check('t0', 0, 'poison')
  expect(stage.live.counters).toMatchObject({ records: 3, poison: 1, spans: 2 })
  expect(stage.warnings).toEqual([
    'log "spans", partition 1: 1 of the records up to offset 3 cannot be read, the first at offset 1: begins with the byte 0x70: expected PushBytesRequest or ExportTraceServiceRequest',
  ])
})

test('where builders have gone beyond it, it goes on from there', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  for (let i = 1; i <= 9; i++) await stage.append('t0', [i])
  await stage.build(7)
  stage.topic.truncate(1, 6)
  await stage.live.read(0)
  await stage.live.read(0)
  expect(await stage.live.answer('t0', 7)).toMatchObject({ first: 7, next: 9, end: 9 })
  expect(stage.warnings).toEqual([])
})

test('a log without what comes next, or with less than before, is an error that says what to do', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  for (let i = 1; i <= 9; i++) await stage.append('t0', [i])
  await stage.build(2)
  stage.topic.truncate(1, 5)
  const lost =
    /^log "spans", partition 1: begins at offset 5, and blocks end at 2: retention has removed 3 records from 2 on that are in no block; a block builder goes on without them with --accept-lost-records, a live store after it$/
  expect((await labRejection(stage.start())).message).toMatch(lost)
  expect((await labRejection(stage.live.run(new AbortController().signal))).message).toMatch(lost)
  await stage.build(5)
  await stage.start()
  await readAll(stage)
  await stage.live.close()
  stage.topic.partition(1).records.length = 2
  const shorter =
    /ends at offset 7, and 9 was read before \(blocks end at 5\): the log has lost records, or is another one; /
  expect((await labRejection(stage.live.run(new AbortController().signal))).message).toMatch(shorter)
  expect((await labRejection(stage.start())).message).toMatch(shorter)
})

test('the folder of another partition or log is refused, and stays as it is', async () => {
  const stage = await LiveStage.open(drawsOf(1))
  await stage.append('t0', [1])
  await readAll(stage)
  await stage.live.close()
  const keys = await stage.folder.keys()
  const log = new MemoryLog(new MemoryTopic('spans', 2), 1_000)
  const chain = await Chain.open(stage.store)
  for (const [partition, places] of [
    [0, { log: new MemoryLog(stage.topic, 1_000), chain, folder: stage.folder.kept, warn: () => {} }],
    [1, { log, chain, folder: stage.folder.kept, warn: () => {} }],
  ] as const) {
    const { message } = await labRejection(LiveStore.open(partition, places, stage.config))
    expect(message).toMatch(
      /\.json: is of partition 1 of the topic "spans" \(.*: name another folder, or empty this one$/,
    )
  }
  expect(await stage.folder.keys()).toEqual(keys)
})
