import { expect, test } from 'vitest'
import { defaultConfig, type StoreConfig } from '../../../lib/serve/config.ts'
import { Store, type StorePlaces } from '../../../lib/serve/store.ts'
import type { Frame } from '../../../lib/serve/wal/frames.ts'
import { LogSegment } from '../../../lib/serve/wal/log.ts'
import { drawsOf } from '../../support/draws.ts'
import { FaultyDisk } from '../../support/faulty-disk.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../support/store-spans.ts'

/** With the latter, a piece of a segment is a frame. */
const piecesOf = [
  ['segments', defaultConfig.maxBlockBytes],
  ['pieces of segments', 1],
] as const

const warnings: string[] = []

function openStore(disk: FaultyDisk, places: Partial<StorePlaces> = {}, config: Partial<StoreConfig> = {}) {
  warnings.length = 0
  const warn = (message: string) => warnings.push(message)
  return Store.open({ log: disk.log, blocks: disk.blobs, warn, ...places }, { ...defaultConfig, ...config })
}

/** Lets what waits for it go on once it is opened. */
function newGate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

const frameOf = (spans: Parameters<typeof requestOf>[0], from?: string): Frame => ({
  tenant: 'a',
  timeMillis: 1_000,
  from,
  payload: requestOf(spans),
})

/** Adds a segment to a log; gives its name. */
async function writeSegment(disk: FaultyDisk, frames: readonly Frame[], previous?: string): Promise<string> {
  const segment = await LogSegment.create(disk.log, 'always', previous)
  for (const frame of frames) await new Promise<void>((resolve, reject) => segment.append(frame, resolve, reject))
  await segment.close()
  return segment.name
}

/** Adds segments with a request each, of `spanCount` spans of as many traces; gives the number of spans. */
async function writeSegments(disk: FaultyDisk, segmentCount: number, spanCount: number, first = 1): Promise<number> {
  let previous: string | undefined
  for (let i = 0; i < segmentCount; i++) {
    const numbers = Array.from({ length: spanCount }, (_, j) => first + i * spanCount + j)
    previous = await writeSegment(disk, [frameOf(numbers.map(number => [number, number]))], previous)
  }
  return segmentCount * spanCount
}

/** A log that earlier segments have given traces to: spans 1 to 10, each once. */
async function writeCarries(disk: FaultyDisk): Promise<number> {
  const first = await writeSegment(disk, [
    frameOf([
      [1, 1],
      [2, 2],
      [3, 3],
    ]),
    frameOf([[2, 4]]),
  ])
  const second = await writeSegment(
    disk,
    [
      frameOf([[4, 5]]),
      frameOf(
        [
          [2, 2],
          [2, 4],
        ],
        first,
      ),
      frameOf([[2, 6]]),
    ],
    first,
  )
  const third = await writeSegment(
    disk,
    [
      frameOf(
        [
          [2, 2],
          [2, 4],
          [2, 6],
        ],
        second,
      ),
      frameOf([[4, 7]]),
      frameOf([[5, 8]]),
    ],
    second,
  )
  // Of a process that started later.
  await writeSegment(
    disk,
    [
      frameOf([
        [2, 9],
        [6, 10],
      ]),
    ],
    third,
  )
  return 10
}

async function expectEachOnce(store: Store, count: number, what = ''): Promise<void> {
  const found = await countSpanIds(await store.source('a'))
  const expected = Array.from({ length: count }, (_, i) => [spanIdOf(i + 1), 1])
  expect([...found].sort(), what).toEqual(expected)
}

async function untilRead(store: Store, disk: FaultyDisk): Promise<void> {
  while (store.pending && !disk.isDead) await new Promise(setImmediate)
}

test('a log of several segments is accepted before any of it is read, and what comes meanwhile is kept', async () => {
  const disk = new FaultyDisk(drawsOf(1))
  await writeSegments(disk, 5, 2)
  const gate = newGate()
  const opened: string[] = []
  const open = async (name: string) => {
    opened.push(name)
    await gate.opened
    return disk.log.open(name)
  }
  const store = await openStore(disk, { log: { ...disk.log, open } })
  expect(await store.push('a', requestOf([[11, 11]]))).toMatchObject({ spanCount: 1 })
  // For their lengths, which nobody has heard yet.
  expect(opened).toHaveLength(5)
  expect(store.pending).toMatch(/^the list of blocks is being read$|^the log of recent spans is being read: /)
  let isAnswered = false
  const answered = expectEachOnce(store, 11).then(() => {
    isAnswered = true
  })
  for (let i = 0; i < 50; i++) await new Promise(setImmediate)
  expect(isAnswered).toBe(false)
  gate.open()
  await answered
  expect(store.pending).toBeUndefined()
  await store.close()
})

test('a list of blocks that takes long keeps no request from being taken', async () => {
  const disk = new FaultyDisk(drawsOf(2))
  await writeSegments(disk, 2, 2)
  const gate = newGate()
  const list: typeof disk.blobs.list = async function* (prefix, after) {
    await gate.opened
    yield* disk.blobs.list(prefix, after)
  }
  const store = await openStore(disk, { blocks: { ...disk.blobs, list } })
  await store.push('a', requestOf([[5, 5]]))
  expect(store.pending).toBe('the list of blocks is being read')
  gate.open()
  await expectEachOnce(store, 5)
  await store.close()
})

test('what fails while the log is read is reported and tried again', async () => {
  const disk = new FaultyDisk(drawsOf(3))
  await writeSegments(disk, 2, 2)
  let failures = 0
  disk.faultAt = (_, name) => (name === 'open' && failures++ === 3 ? 'fail' : 'none')
  const store = await openStore(disk)
  await expectEachOnce(store, 4)
  expect(warnings).toEqual(['the log: write: the disk is full'])
  await store.close()
})

test.each([
  ['in the first segment', 0],
  ['in the middle of the log', 1],
  ['in the last segment', 2],
])('damage %s is set aside, and a torn tail there is cut off, also of a segment in pieces', async (_, at) => {
  for (const [, maxBlockBytes] of piecesOf) {
    const disk = new FaultyDisk(drawsOf(4))
    let previous: string | undefined
    for (let i = 0; i < 3; i++)
      previous = await writeSegment(
        disk,
        [1, 2, 3].map(j => frameOf([[10 * i + j, 10 * i + j]])),
        previous,
      )
    const name = disk.names()[at]!
    const bytes = disk.bytes(name)
    const whole = bytes.length
    bytes[whole >> 1]! ^= 1
    const file = await disk.log.open(name)
    const [begun] = await file.read([{ start: 0, end: 20 }])
    await disk.log.write(
      name,
      (async function* () {
        yield bytes
        yield begun!
      })(),
    )
    const store = await openStore(disk, {}, { maxBlockBytes })
    const found = await countSpanIds(await store.source('a'))
    const expected = [0, 1, 2].flatMap(i => (i === at ? [1, 3] : [1, 2, 3]).map(j => spanIdOf(10 * i + j)))
    expect([...found.keys()].sort()).toEqual(expected)
    expect(store.damagedCount).toBe(1)
    const segment = name.slice(0, -'.log'.length)
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`^log segment ${segment}: bytes \\d+ to \\d+ are damaged: set aside as`)),
      `log segment ${segment}: cut at byte ${whole}, 20 bytes of an unfinished append follow`,
    ])
    await store.flush()
    const [aside] = disk.names().filter(one => one.startsWith(`${segment}.damaged-`))
    expect(disk.bytes(aside!)).toEqual(bytes.subarray(whole / 3, (2 * whole) / 3))
    await store.close()
  }
})

test('traces that a segment has taken from the one before are in one of their blocks', async () => {
  const disk = new FaultyDisk(drawsOf(5))
  const count = await writeCarries(disk)
  const store = await openStore(disk)
  await expectEachOnce(store, count)
  await store.flush()
  await expectEachOnce(store, count)
  expect(store.blocks.list('a').map(({ meta }) => meta.totalSpans)).toEqual([2, 1, 5, 2])
  await store.close()
})

test.each(piecesOf)(
  'killed in any step of reading a log by %s, it has each span once after the next start',
  async (_, maxBlockBytes) => {
    let kills = 0
    for (let operation = 0; ; operation++) {
      const disk = new FaultyDisk(drawsOf(operation))
      const count = await writeCarries(disk)
      const first = disk.operations
      disk.faultAt = at => (at === first + operation ? 'kill' : 'none')
      const killed = await openStore(disk, {}, { maxBlockBytes }).catch(() => undefined)
      if (killed) {
        await untilRead(killed, disk)
        if (!disk.isDead) await killed.flush().catch(() => {})
        await killed.close().catch(() => {})
      }
      if (!disk.isDead) break
      kills++
      disk.restart()
      for (const work of ['replayed', 'flushed', 'restarted']) {
        // Pieces of another size: what is in blocks already is not lost, and counts once.
        const config = { maxBlockBytes: operation % 2 === 0 ? maxBlockBytes : 300 }
        const store = await openStore(disk, {}, config)
        await expectEachOnce(store, count, `${work} after operation ${operation}`)
        if (work === 'flushed') await store.flush()
        await store.close()
      }
    }
    expect(kills).toBeGreaterThan(25)
  },
)

test('a segment that no start has the time to read goes into blocks piece by piece', async () => {
  const disk = new FaultyDisk(drawsOf(6))
  const requests = Array.from({ length: 10 }, (_, i) => frameOf([[i + 1, i + 1]]))
  await writeSegment(disk, requests)
  let starts = 0
  for (; disk.names().length > 1 || starts === 0; starts++) {
    let blocks = 0
    disk.faultAt = (_, name) => (name.endsWith('meta.json') && ++blocks === 3 ? 'kill' : 'none')
    const store = await openStore(disk, {}, { maxBlockBytes: 1 })
    await untilRead(store, disk)
    while (!disk.isDead && store.recent().waitingSegments > 0) await new Promise(setImmediate)
    await store.close().catch(() => {})
    disk.restart()
  }
  expect(starts).toBeLessThanOrEqual(5)
  const store = await openStore(disk)
  await expectEachOnce(store, requests.length)
  expect(store.blocks.list('a')).toHaveLength(10)
  await store.close()
})

test('killed in each start soon after the first block is made, it comes to an end with its log', async () => {
  const disk = new FaultyDisk(drawsOf(7))
  let count = await writeSegments(disk, 12, 2)
  const segmentCounts: number[] = []
  for (let start = 0; start < 12; start++) {
    let deletions = 0
    disk.faultAt = (_, name) => (name === 'delete' && ++deletions === 3 ? 'kill' : 'none')
    const store = await openStore(disk)
    const next = count + 1
    const isTaken =
      start < 6 &&
      (await store.push('a', requestOf([[next, next]])).then(
        () => true,
        () => false,
      ))
    if (isTaken) count = next
    await untilRead(store, disk)
    while (!disk.isDead && store.recent().waitingSegments > 0) await new Promise(setImmediate)
    await store.close().catch(() => {})
    disk.restart()
    segmentCounts.push(disk.names().length)
  }
  // With each start one segment comes, and two go.
  expect(Math.max(...segmentCounts)).toBeLessThanOrEqual(12)
  expect(segmentCounts.at(-1)).toBeLessThanOrEqual(1)
  const store = await openStore(disk)
  await expectEachOnce(store, count)
  await store.close()
})

test('killed in each start before anything is read, it leaves no segments behind', async () => {
  const disk = new FaultyDisk(drawsOf(8))
  await writeSegments(disk, 2, 2)
  for (let start = 0; start < 10; start++) {
    disk.faultAt = (_, name) => (name.startsWith('put ') ? 'kill' : 'none')
    const store = await openStore(disk)
    while (!disk.isDead) await new Promise(setImmediate)
    await store.close().catch(() => {})
    disk.restart()
    expect(disk.names().length).toBeLessThanOrEqual(3)
  }
})

test('while blocks are not written, no more of the log is held than two blocks and a segment', async () => {
  const disk = new FaultyDisk(drawsOf(9))
  const count = await writeSegments(disk, 8, 200)
  const gate = newGate()
  const put: typeof disk.blobs.put = async (...args) => {
    await gate.opened
    return disk.blobs.put(...args)
  }
  const heldBytes = (store: Store) => store.liveTraces().get('a')?.byteLength ?? 0
  const alone = await openStore(new FaultyDisk(drawsOf(9)))
  await alone.push('a', requestOf(Array.from({ length: 200 }, (_, i) => [i + 1, i + 1])))
  const segmentBytes = heldBytes(alone)
  await alone.close()
  const maxBlockBytes = 1.2 * segmentBytes
  const store = await openStore(disk, { blocks: { ...disk.blobs, put } }, { maxBlockBytes })
  for (let i = 0; i < 500; i++) await new Promise(setImmediate)
  expect(heldBytes(store)).toBeGreaterThan(2 * segmentBytes)
  expect(heldBytes(store)).toBeLessThanOrEqual(2 * maxBlockBytes + segmentBytes)
  expect(store.recent().waitingSegments).toBe(8)
  gate.open()
  await expectEachOnce(store, count)
  await store.close()
})

test('closed while it reads its log, it ends soon and loses nothing', async () => {
  const disk = new FaultyDisk(drawsOf(10))
  const count = await writeSegments(disk, 8, 600)
  const store = await openStore(disk)
  while (!store.pending?.includes('log')) await new Promise(setImmediate)
  const asked = expect(store.source('a')).rejects.toThrow()
  await store.close()
  await asked
  expect(disk.names().length).toBeGreaterThan(1)
  const again = await openStore(disk)
  await expectEachOnce(again, count)
  await again.close()
})

test('a log of many segments becomes blocks one by one, for some time before requests are taken', async () => {
  const disk = new FaultyDisk(drawsOf(11))
  const count = await writeSegments(disk, 30, 2)
  const gate = newGate()
  const put: typeof disk.blobs.put = async (...args) => {
    await gate.opened
    return disk.blobs.put(...args)
  }
  const startMillis = performance.now()
  const store = await openStore(disk, { blocks: { ...disk.blobs, put } })
  expect(performance.now() - startMillis).toBeGreaterThan(490)
  expect(store.recent().spansByTenant.get('a')).toBe(2)
  gate.open()
  await expectEachOnce(store, count)
  await store.close()

  const other = new FaultyDisk(drawsOf(12))
  await writeSegments(other, 30, 2)
  const unheld = await openStore(other)
  expect(unheld.recent().waitingSegments).toBeLessThan(10)
  await unheld.close()
})
