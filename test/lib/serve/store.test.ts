import { describe, expect, test } from 'vitest'
import { OtlpMessages } from '../../../lib/formats/otlp/proto-message.ts'
import { defaultConfig, type StoreConfig } from '../../../lib/serve/config.ts'
import { Refusal } from '../../../lib/serve/refusal.ts'
import { Store } from '../../../lib/serve/store.ts'
import type { Frame } from '../../../lib/serve/wal/frames.ts'
import { rowTraces } from '../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../lib/shred/rows.ts'
import { putBytes } from '../../../lib/storage/store.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { collect } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { isThorough } from '../../support/effort.ts'
import { FaultyDisk } from '../../support/faulty-disk.ts'
import { scanFrames } from '../../support/log-frames.ts'
import { attributes } from '../../support/nasty.ts'
import { countSpanIds, requestOf, spanIdOf, traceIdOf } from '../../support/store-spans.ts'

const hour = 3_600_000
const warnings: string[] = []

function openStore(disk: FaultyDisk, config: Partial<StoreConfig> = {}): Promise<Store> {
  const places = { log: disk.log, blocks: disk.blobs, warn: (message: string) => warnings.push(message) }
  return Store.open(places, { ...defaultConfig, ...config })
}

const newDisk = (seed = 1) => new FaultyDisk(drawsOf(seed))

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

async function framesOf(disk: FaultyDisk, name: string): Promise<readonly Frame[]> {
  return (await scanFrames(disk.bytes(name), name.slice(0, -'.log'.length))).frames
}

/** The numbers of the spans of a tenant, and that each occurs once. */
async function spansOf(store: Store, tenant: string): Promise<number[]> {
  const counts = await countSpanIds(await store.source(tenant))
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([])
  return [...counts.keys()].map(id => Number.parseInt(id, 16)).sort((a, b) => a - b)
}

describe('a store', () => {
  test('shows what it acknowledged, in the log, in a block, and after a restart', async () => {
    const disk = newDisk()
    const store = await openStore(disk)
    await store.push(
      'a',
      requestOf(
        [
          [1, 1],
          [1, 2],
          [2, 3],
        ],
        { attributes: attributes(['x', 'y']) },
      ),
    )
    await store.push('b', requestOf([[1, 4]]))
    expect(await spansOf(store, 'a')).toEqual([1, 2, 3])
    expect(await spansOf(store, 'b')).toEqual([4])
    expect(store.tenants()).toEqual(['a', 'b'])
    const found = await search(await store.source('a'), parseQuery('{ span.x = "y" && name = "span 3" }'))
    expect(found.traces.map(({ traceID }) => traceID)).toEqual(['2'])
    await store.close()

    const again = await openStore(disk)
    expect(await spansOf(again, 'a')).toEqual([1, 2, 3])
    await again.flush()
    expect(again.blocks.list('a')).toHaveLength(1)
    expect(disk.names()).toHaveLength(1)
    expect(await spansOf(again, 'a')).toEqual([1, 2, 3])
    await again.push('a', requestOf([[2, 5]]))
    const traces = await collect((await again.source('a')).findTraces([traceIdOf(2)]))
    expect(traces.map(({ spans }) => spans.map(({ spanId }) => spanId))).toEqual([[3, 5].map(spanIdOf)])
    await again.close()
    const third = await openStore(disk)
    expect(await spansOf(third, 'a')).toEqual([1, 2, 3, 5])
    await third.close()
  })

  test('counts a span once that is sent again, also over segments and restarts, but keeps what differs', async () => {
    const disk = newDisk()
    const store = await openStore(disk)
    const request = requestOf([
      [1, 1],
      [1, 2],
    ])
    await store.push('a', request)
    await store.push('a', request)
    await store.push(
      'a',
      requestOf([
        [1, 2],
        [1, 3],
      ]),
    )
    expect(await spansOf(store, 'a')).toEqual([1, 2, 3])
    await store.push('a', requestOf([[1, 3]], { name: 'other half' }))
    expect((await countSpanIds(await store.source('a'))).get(spanIdOf(3))).toBe(2)
    await store.flush()
    await store.push('a', request)
    await store.close()
    const again = await openStore(disk)
    expect([...(await countSpanIds(await again.source('a'))).values()]).toEqual([1, 1, 2])
    await again.close()
  })

  test('takes all spans but those whose ids are not of OpenTelemetry, and says why', async () => {
    const store = await openStore(newDisk())
    const request = Buffer.concat([
      requestOf([
        [1, 1],
        [0, 2],
      ]),
      requestOf([[1, 0]]),
      requestOf([[1, 3]], { spanId: '0102' }),
      requestOf([[1, 4]], { parentSpanId: '01' }),
    ])
    const { spanCount, rejected } = await store.push('a', request)
    expect(spanCount).toBe(1)
    expect(Object.fromEntries(rejected)).toEqual({
      'trace id of zeros': 1,
      'span id of zeros': 1,
      'span id of 2 bytes, expected 8': 1,
      'parent span id of 1 bytes, expected 8': 1,
    })
    expect(await spansOf(store, 'a')).toEqual([1])
    await store.close()
  })

  test('carries traces that may go on to the next segment, and no others', async () => {
    const disk = newDisk()
    const store = await openStore(disk, { maxBlockBytes: 20_000 })
    const all: number[] = []
    while (store.blocks.list('a').length === 0 && all.length < 1_000) {
      const number = all.length + 1
      await store.push('a', requestOf([[number, number]]))
      all.push(number)
      await turns(20)
    }
    expect(await spansOf(store, 'a')).toEqual(all)
    const [name] = disk.names()
    const carry = (await framesOf(disk, name!)).find(({ from }) => from !== undefined)
    const rows = new SpanRows()
    new OtlpMessages(rows, () => {}).read(Buffer.from(carry!.payload), rows)
    const carried = Array.from(rowTraces(rows), ({ traceId }) => Number.parseInt(traceId, 16)).sort((x, y) => x - y)
    const block = store.blocks.list('a')[0]!
    const { totalSpans } = block.meta
    // The newest, a sixteenth.
    expect(carried).toEqual(all.slice(totalSpans, totalSpans + carried.length))
    expect(carried.length).toBe(Math.floor((totalSpans + carried.length) / 16))
    expect(await collect((await block.source()).findTraces(carried.map(traceIdOf)))).toEqual([])
    await store.close()
  })

  test('carries many traces in several appends, each span once after a restart', async () => {
    const disk = newDisk()
    const store = await openStore(disk, { maxBlockBytes: 4_000_000 })
    const all: number[] = []
    while (store.blocks.list('a').length === 0 && all.length < 60_000) {
      const numbers = Array.from({ length: 500 }, (_, i) => all.length + i + 1)
      await store.push('a', requestOf(numbers.map(number => [number, number])))
      all.push(...numbers)
      await turns(20)
    }
    const frames = await Promise.all(disk.names().map(name => framesOf(disk, name)))
    const carries = frames.flat().filter(({ from }) => from !== undefined)
    expect(carries.length).toBeGreaterThan(1)
    expect(await spansOf(store, 'a')).toEqual(all)
    const again = await openStore(disk)
    expect(await spansOf(again, 'a')).toEqual(all)
    await again.close()
    await store.close()
  })

  test('shows each span once in whichever turn it is asked, while spans are carried and become blocks', async () => {
    const store = await openStore(newDisk(), { maxBlockBytes: 20_000 })
    const asked: Promise<[acknowledged: number, found: Map<string, number>]>[] = []
    let count = 0
    while (store.blocks.list('a').length < 3 && count < 1_000) {
      await store.push('a', requestOf([[++count, count]]))
      for (let turn = 0; turn < 5; turn++) {
        const acknowledged = count
        asked.push(store.source('a').then(async source => [acknowledged, await countSpanIds(source)]))
        await new Promise(setImmediate)
      }
    }
    expect(store.blocks.list('a').length).toBe(3)
    for (const [acknowledged, found] of await Promise.all(asked)) {
      expect([...found.values()].filter(times => times !== 1)).toEqual([])
      expect(found.size).toBe(acknowledged)
    }
    await store.close()
  })

  test('makes blocks while requests never pause: a part of the time is theirs', async () => {
    const store = await openStore(newDisk(), { maxBlockBytes: 2_000_000 })
    let count = 0
    let refusal: unknown
    const isOver = () => store.blocks.list('a').length >= 3 || refusal !== undefined || count > 400_000
    const sender = async () => {
      while (!isOver()) {
        const numbers = Array.from({ length: 100 }, () => ++count)
        await store.push('a', requestOf(numbers.map(number => [number, number]))).catch(error => {
          refusal = error
        })
      }
    }
    await Promise.all(Array.from({ length: 8 }, sender))
    expect(refusal).toBeUndefined()
    expect(store.blocks.list('a').length).toBeGreaterThanOrEqual(3)
    await store.close()
  })

  test('refuses tenants that are no folder, and requests that are none', async () => {
    const store = await openStore(newDisk())
    for (const tenant of ['../..', '.', '..', '', 'a/b', '.a', '-a', 'a\n', 'x'.repeat(151), 'ä'])
      await expect(store.push(tenant, requestOf([[1, 1]])), tenant).rejects.toThrow(/tenant/)
    const request = requestOf([
      [1, 1],
      [2, 2],
    ])
    for (let length = 1; length < request.length; length++)
      await expect(store.push('a', request.subarray(0, length))).rejects.toThrow(/^byte \d+/)
    expect(store.tenants()).toEqual([])
    await store.close()
  })
})

describe('blocks', () => {
  test('become one, in which a trace is whole again; what they were stays for a while, then goes', async () => {
    const disk = newDisk()
    const store = await openStore(disk)
    for (const number of [1, 2, 3]) {
      await store.push(
        'a',
        requestOf([
          [1, number],
          [10 + number, 10 + number],
        ]),
      )
      await store.push('b', requestOf([[1, number]]))
      await store.flush()
    }
    await store.maintain()
    expect(store.blocks.list('a')).toHaveLength(3)
    const before = await store.source('a')
    await store.maintain(Date.now() + 1.5 * hour)
    const [block, ...others] = store.blocks.list('a')
    expect(others).toEqual([])
    expect(block!.meta).toMatchObject({ totalObjects: 4, totalSpans: 6, compactionLevel: 1, tenantID: 'a' })
    const [trace] = await collect((await block!.source()).findTraces([traceIdOf(1)]))
    expect(trace!.spans.map(({ spanId }) => spanId)).toEqual([1, 2, 3].map(spanIdOf))
    expect(await spansOf(store, 'a')).toEqual([1, 2, 3, 11, 12, 13])
    expect(await spansOf(store, 'b')).toEqual([1, 2, 3])
    // A question that began before is answered by what there was.
    expect((await countSpanIds(before)).size).toBe(6)
    const keys = async () => (await collect(disk.blobs.list('a/'))).map(({ key }) => key.split('/').at(-1)!)
    const marked = ['data.blockpack', 'meta.compacted.json']
    expect((await keys()).sort()).toEqual([...marked, ...marked, ...marked, 'data.blockpack', 'meta.json'].sort())
    await store.maintain(Date.now() + 3 * hour)
    expect(await keys()).toEqual(['data.blockpack', 'meta.json'])
    expect(store.counters).toMatchObject({ flushedBlocks: 6, compactions: 2, deletedBlocks: 0 })
    await store.maintain(Date.now() + 15 * 24 * hour)
    expect(await keys()).toEqual([])
    expect(store.tenants()).toEqual([])
    expect(store.counters.deletedBlocks).toBe(2)
    await store.close()
  })

  test('one that is damaged, or of another format, disturbs no other', async () => {
    const disk = newDisk()
    const id = '00000000-0000-4000-8000-000000000000'
    await putBytes(disk.blobs, `a/${id}/meta.json`, Buffer.from('{'))
    await putBytes(disk.blobs, `b/${id}/meta.json`, Buffer.from('{"format":"vParquet4"}'))
    await putBytes(disk.blobs, `c/${id}/data.blockpack`, Buffer.from('half'))
    warnings.length = 0
    const store = await openStore(disk)
    await store.source('a')
    expect(warnings).toEqual([`a/${id}/meta.json: is not JSON: the block is left out`])
    expect(store.tenants()).toEqual([])
    expect((await collect(disk.blobs.list('c/'))).length).toBe(0)
    await store.close()
  })
})

describe('limits of a tenant', () => {
  const limited = (limits: Partial<StoreConfig['limits']>, disk = newDisk()) =>
    openStore(disk, { limits: { ...defaultConfig.limits, ...limits } })

  test('a request that is too large is refused', async () => {
    const store = await limited({ maxRequestBytes: 10 })
    await expect(store.push('a', requestOf([[1, 1]]))).rejects.toThrow(
      /^the request has \d+ bytes, at most 10 are taken$/,
    )
    await store.close()
  })

  test('spans of a trace that is too large are rejected, others taken, also after a restart', async () => {
    const disk = newDisk()
    const one = requestOf([[1, 1]]).length
    const store = await limited({ maxTraceBytes: 2 * one }, disk)
    await store.push('a', requestOf([[1, 1]]))
    const { spanCount, rejected } = await store.push(
      'a',
      requestOf([
        [1, 2],
        [1, 3],
        [2, 4],
      ]),
    )
    expect([spanCount, Object.fromEntries(rejected)]).toEqual([2, { [`trace of more than ${2 * one} bytes`]: 1 }])
    expect(await spansOf(store, 'a')).toEqual([1, 2, 4])
    expect(store.counters.of('a')).toMatchObject({ requests: 2, spans: 3, rejectedSpans: 1 })
    await store.close()
    const again = await openStore(disk)
    expect(await spansOf(again, 'a')).toEqual([1, 2, 4])
    await again.close()
  })

  test('long texts in attributes are cut at the end of a character, wherever they are, and counted; nothing else is', async () => {
    const disk = newDisk()
    const store = await limited({ maxAttributeBytes: 5 }, disk)
    const attributes = [
      { key: 'short', value: 'abcde' },
      { key: 'long', value: 'abcdé' },
      { key: 'list', value: ['abcdefg', 1n, { entries: [{ key: 'a long key', value: '€€' }] }] },
      { key: 'bytes', value: new Uint8Array(9) },
    ]
    const cut = [
      attributes[0],
      { key: 'long', value: 'abcd' },
      { key: 'list', value: ['abcde', 1n, { entries: [{ key: 'a long key', value: '€' }] }] },
      attributes[3],
    ]
    const resource = { attributes, droppedAttributesCount: 0, schemaUrl: 'https://a.long.url' }
    const event = { timeNanos: 1n, name: 'a long name', attributes, droppedAttributesCount: 0 }
    for (let round = 0; round < 2; round++)
      await store.push('a', requestOf([[1, 1 + round]], { attributes, resource, events: [event] }))
    expect(store.counters.of('a').cutAttributes).toBe(18)
    await store.close()
    const again = await openStore(disk)
    const [trace] = await collect((await again.source('a')).findTraces([traceIdOf(1)]))
    expect(trace!.spans).toHaveLength(2)
    for (const span of trace!.spans) {
      expect(span.attributes).toEqual(cut)
      expect(span.resource).toEqual({ ...resource, attributes: cut })
      expect(span.events).toEqual([{ ...event, attributes: cut }])
    }
    await again.close()
  })

  test('a tenant that sends too many spans a second waits, others do not', async () => {
    const store = await limited({ maxSpansPerSecond: 2 })
    await store.push(
      'a',
      requestOf([
        [1, 1],
        [1, 2],
        [1, 3],
        [1, 4],
        [1, 5],
        [1, 6],
      ]),
    )
    const refused = await store.push('a', requestOf([[1, 7]])).catch(error => error)
    expect(refused).toMatchObject({ kind: 'limited', retryAfterSeconds: 2 })
    await store.push('b', requestOf([[1, 1]]))
    expect(store.counters.of('a')).toMatchObject({ requests: 2, refused: 1, spans: 6 })
    await store.close()
  })
})

describe('a disk that fails', () => {
  test('a full disk refuses what comes and loses nothing; later spans are taken again', async () => {
    const disk = newDisk(3)
    const store = await openStore(disk)
    await store.push('a', requestOf([[1, 1]]))
    for (const operation of ['append', 'sync', 'cut']) {
      disk.faultAt = (_, name) => (name === operation ? 'fail' : 'none')
      const pushes = [2, 3, 4].map(number =>
        store.push('a', requestOf([[1, number]])).then(
          () => 'taken',
          error => error,
        ),
      )
      for (const result of await Promise.all(pushes)) if (operation !== 'cut') expect(result).toBeInstanceOf(Refusal)
      expect((await spansOf(store, 'a')).filter(number => number < 2)).toEqual([1])
    }
    disk.faultAt = () => 'none'
    await store.push('a', requestOf([[1, 5]]))
    const expected = await spansOf(store, 'a')
    expect(expected).toEqual(expect.arrayContaining([1, 5]))
    await store.close()
    const again = await openStore(disk)
    expect(await spansOf(again, 'a')).toEqual(expected)
    await again.close()
  })

  /** Sends requests of two tenants, whose traces go on, to a store that is killed in an operation of its disk. */
  async function runUntilKilled(disk: FaultyDisk, draw: () => number): Promise<Map<string, number[]>> {
    const acknowledged = new Map<string, number[]>([
      ['a', []],
      ['b', []],
    ])
    let store: Store
    try {
      store = await openStore(disk, { maxBlockBytes: 1 })
    } catch {
      return acknowledged
    }
    let number = 0
    const pushes: Promise<void>[] = []
    for (let round = 0; round < 12 && !disk.isDead; round++) {
      for (const [tenant, own] of acknowledged) {
        const numbers = Array.from({ length: 6 }, () => ++number)
        const request = requestOf(numbers.map(one => [1 + Math.floor(draw() * 12), one]))
        pushes.push(
          store.push(tenant, request).then(
            () => void own.push(...numbers),
            () => {},
          ),
        )
      }
      // Blocks wait for requests that are under way.
      if (round % 2 === 1) await Promise.all(pushes)
      await turns(Math.floor(draw() * 12))
      if (round % 4 === 3) await store.maintain(Date.now() + (round === 11 ? 4 : 2) * hour)
    }
    await Promise.all(pushes)
    await store.close().catch(() => {})
    return acknowledged
  }

  test(`killed in ${isThorough ? 'any operation' : 'every third operation'}, it opens with every acknowledged span once, and each other one at most once`, async () => {
    let kills = 0
    const step = isThorough ? 1 : 3
    for (let operation = 0; ; operation += step) {
      const draw = drawsOf(operation)
      const disk = new FaultyDisk(draw)
      disk.faultAt = at => (at === operation ? 'kill' : 'none')
      const acknowledged = await runUntilKilled(disk, draw)
      if (!disk.isDead) break
      kills++
      disk.restart()
      for (const work of ['replayed', 'flushed', 'restarted']) {
        const store = await openStore(disk)
        if (work === 'flushed') {
          await store.flush()
          await store.maintain(Date.now() + 2 * hour)
          for (const tenant of store.blocks.tenants()) expect(store.blocks.list(tenant)).toHaveLength(1)
        }
        for (const [tenant, expected] of acknowledged) {
          const found = new Set(await spansOf(store, tenant))
          expect(
            expected.filter(number => !found.has(number)),
            `${work} after operation ${operation}`,
          ).toEqual([])
        }
        await store.close()
      }
    }
    expect(kills * step).toBeGreaterThan(50)
  }, 240_000)

  test('damage in the middle of the log is set aside and counted, the rest is replayed', async () => {
    const disk = newDisk()
    const store = await openStore(disk)
    for (const number of [1, 2, 3]) await store.push('a', requestOf([[number, number]]))
    await store.close()
    const [name] = disk.names()
    disk.bytes(name!)[disk.bytes(name!).length >> 1]! ^= 1
    const again = await openStore(disk)
    expect(await spansOf(again, 'a')).toEqual([1, 3])
    expect(again.damagedCount).toBe(1)
    expect(disk.names().filter(one => one.includes('.damaged-'))).toHaveLength(1)
    await again.close()
  })
})
