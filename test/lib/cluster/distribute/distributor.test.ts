import { expect, test } from 'vitest'
import { Distributor, type DistributorConfig } from '../../../../lib/cluster/distribute/distributor.ts'
import type { PartitionedLog } from '../../../../lib/cluster/log/log.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { contentOf } from '../../../../lib/cluster/records/read.ts'
import { recordFormats } from '../../../../lib/cluster/records/split.ts'
import { encodeTraces, OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { rowTraces } from '../../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { attributes } from '../../../support/nasty.ts'
import { spanFields } from '../../../support/otlp-message.ts'
import { delimited } from '../../../support/protobuf.ts'
import { pieceOf, requestOf, spanIdOf } from '../../../support/store-spans.ts'

const partitionCount = 4
const config: DistributorConfig = {
  limits: { maxRequestBytes: 2 ** 20 },
  format: 'tempo',
  maxWaitingBytes: 2 ** 20,
  maxTraceLiveMillis: 30_000,
}

function distributing(change: Partial<DistributorConfig> = {}, maxRecordBytes = 100_000) {
  const topic = new MemoryTopic('spans', partitionCount)
  const log = new MemoryLog(topic, maxRecordBytes)
  return { topic, log, distributor: new Distributor(log, { ...config, ...change }) }
}

/** A log whose appends are of the test's making. */
function withAppend(log: PartitionedLog, append: PartitionedLog['append']): PartitionedLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value = name === 'append' ? append : Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What consumers read of all partitions, by tenant. */
async function stored(log: PartitionedLog): Promise<Map<string, Trace[]>> {
  const rows = new Map<string, SpanRows>()
  const messages = new OtlpMessages(new SpanRows(), () => {})
  for (let partition = 0; partition < partitionCount; partition++) {
    const { records } = await log.read(partition, 0, 2 ** 30, 0)
    for (const { tenant, request } of records.map(contentOf)) {
      if (!rows.has(tenant)) rows.set(tenant, new SpanRows())
      messages.read(request, rows.get(tenant)!)
    }
  }
  return new Map(Array.from(rows, ([tenant, own]) => [tenant, [...rowTraces(own)]]))
}

async function spanIds(log: PartitionedLog, tenant = 'a'): Promise<string[]> {
  const traces = (await stored(log)).get(tenant) ?? []
  return traces.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)).sort()
}

const spans = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => [from + i, from + i] as const)
const ids = (from: number, to: number) => spans(from, to).map(([, number]) => spanIdOf(number))

for (const format of recordFormats)
  test(`${format}: what is acknowledged is in the log, in the partition of its trace, for its tenant`, async () => {
    const { log, distributor } = distributing({ format })
    const pushed = await Promise.all([
      distributor.push('a', requestOf(spans(1, 100))),
      distributor.push('b', requestOf(spans(100, 120))),
    ])
    expect(pushed.map(({ spanCount, rejected }) => [spanCount, rejected.size])).toEqual([
      [99, 0],
      [20, 0],
    ])
    expect(await spanIds(log)).toEqual(ids(1, 100))
    expect(await spanIds(log, 'b')).toEqual(ids(100, 120))
    expect(distributor.produced).toMatchObject({ failures: 0, records: 2 * partitionCount })
    expect(distributor.counters.tenants.get('a')).toMatchObject({ requests: 1, spans: 99, refused: 0 })
    expect(distributor.waitingBytes).toBe(0)
  })

test('spans that the one process rejects are rejected alike, and so is one that no record has room for', async () => {
  const { log, distributor } = distributing({}, 5_000)
  const wide = pieceOf(2, 2, { attributes: attributes(['x', 'y'.repeat(6_000)]) })
  const request = encodeTraces([pieceOf(1, 1), { ...pieceOf(3, 3), traceId: '00'.repeat(16) }, wide])
  const { spanCount, rejected } = await distributor.push('a', request)
  expect(spanCount).toBe(1)
  expect([...rejected]).toEqual([
    ['trace id of zeros', 1],
    [expect.stringMatching(/^span that takes more than \d+ bytes with its resource$/), 1],
  ])
  expect(await spanIds(log)).toEqual([spanIdOf(1)])
  const counts = distributor.counters.tenants.get('a')!
  expect(counts).toMatchObject({ spans: 1, rejectedSpans: 2 })
  expect(Object.fromEntries(counts.rejected)).toEqual({ invalid_trace_id: 1, span_too_large: 1 })
})

test('ids that are not those of OpenTelemetry are counted by what is wrong with them', async () => {
  const { log, distributor } = distributing()
  const [first, id, parent] = [spanFields[0]!, spanFields[1]!, delimited(4, Buffer.alloc(3))]
  const spans = [
    [delimited(1, Buffer.alloc(8, 1)), id],
    [delimited(1, Buffer.alloc(16)), id],
    [id],
    [first, delimited(2, Buffer.alloc(4, 1))],
    [first, delimited(2, Buffer.alloc(8))],
    [first, id, parent],
    [first, id],
  ].map(fields => delimited(2, ...fields))
  const { spanCount, rejected } = await distributor.push('a', delimited(1, delimited(2, ...spans)))
  expect([...rejected]).toEqual([
    ['trace id of 8 bytes, expected 16', 1],
    ['trace id of zeros', 1],
    ['trace id of 0 bytes, expected 16', 1],
    ['span id of 4 bytes, expected 8', 1],
    ['span id of zeros', 1],
    ['parent span id of 3 bytes, expected 8', 1],
  ])
  expect(spanCount).toBe(1)
  expect(await spanIds(log)).toHaveLength(1)
})

test('a request of which nothing is taken reaches no partition', async () => {
  const { log, distributor } = distributing()
  const zero = encodeTraces([{ ...pieceOf(3, 3), traceId: '00'.repeat(16) }])
  expect(await distributor.push('a', zero)).toMatchObject({ spanCount: 0 })
  expect(await distributor.push('a', Buffer.alloc(0))).toMatchObject({ spanCount: 0 })
  expect((await stored(log)).size).toBe(0)
})

test('what consumers could not read is refused as a whole, before it is in the log', async () => {
  const { log, distributor } = distributing()
  const badAttribute = delimited(9, Buffer.from([0x0f]))
  const bad = delimited(1, delimited(2, delimited(2, badAttribute)))
  await expect(distributor.push('a', Buffer.concat([requestOf([[1, 1]]), bad]))).rejects.toMatchObject({
    name: 'LabError',
  })
  expect((await stored(log)).size).toBe(0)
  expect(distributor.counters.tenants.get('a')).toMatchObject({ refused: 1, spans: 0 })
})

test('texts of attributes are cut, and counted, before they are in the log', async () => {
  const { log, distributor } = distributing({ limits: { ...config.limits, maxAttributeBytes: 10 } })
  await distributor.push('a', requestOf([[1, 1]], { attributes: attributes(['x', 'y'.repeat(50)], ['z', 'short']) }))
  const [trace] = (await stored(log)).get('a')!
  expect(trace!.spans[0]!.attributes).toEqual(attributes(['x', 'y'.repeat(10)], ['z', 'short']))
  expect(distributor.counters.tenants.get('a')).toMatchObject({ cutAttributes: 1 })
})

test('a trace may have so many bytes in the requests that come within a time, of each tenant', async () => {
  const one = requestOf([[7, 1]]).length
  const { log, distributor } = distributing({ limits: { ...config.limits, maxTraceBytes: 2 * one + 10 } })
  for (const span of [1, 2, 3]) await distributor.push('a', requestOf([[7, span]]))
  await distributor.push('a', requestOf([[8, 4]]))
  await distributor.push('b', requestOf([[7, 5]]))
  expect(await spanIds(log)).toEqual([1, 2, 4].map(spanIdOf))
  expect(await spanIds(log, 'b')).toEqual([spanIdOf(5)])
  expect(Object.fromEntries(distributor.counters.tenants.get('a')!.rejected)).toEqual({ trace_too_large: 1 })
})

test('rates hold for a tenant, with the time after which more is taken', async () => {
  const { distributor } = distributing({ limits: { ...config.limits, maxSpansPerSecond: 10 } })
  await distributor.push('a', requestOf(spans(1, 40)))
  await expect(distributor.push('a', requestOf([[1, 1]]))).rejects.toMatchObject({
    name: 'Refusal',
    kind: 'limited',
    retryAfterSeconds: 3,
  })
  await distributor.push('b', requestOf([[1, 1]]))
})

test('while the log is away requests are refused as unavailable, to be sent again', async () => {
  const { topic, log, distributor } = distributing()
  topic.isDown = true
  await expect(distributor.push('a', requestOf([[1, 1]]))).rejects.toMatchObject({
    name: 'Refusal',
    statusCode: 503,
    retryAfterSeconds: 5,
    message: expect.stringMatching(/^the log does not take spans: log "spans", partition \d: the log is down$/),
  })
  expect(distributor.produced).toMatchObject({ failures: 1, records: 0 })
  topic.isDown = false
  await distributor.push('a', requestOf([[1, 1]]))
  expect(await spanIds(log)).toEqual([spanIdOf(1)])
})

test('one partition that does not take its records refuses the request, which may be sent again', async () => {
  const { log } = distributing()
  let isFailing = true
  const failing = withAppend(log, (partition, records) =>
    isFailing && partition === 2 ? Promise.reject(new Error('no leader')) : log.append(partition, records),
  )
  const distributor = new Distributor(failing, config)
  await expect(distributor.push('a', requestOf(spans(1, 50)))).rejects.toMatchObject({ statusCode: 503 })
  isFailing = false
  await distributor.push('a', requestOf(spans(1, 50)))
  expect([...new Set(await spanIds(log))]).toEqual(ids(1, 50))
})

test('what waits for a log that is slow is bounded: more is refused, and taken once there is room', async () => {
  const { log } = distributing()
  const appends: (() => void)[] = []
  const slow = withAppend(log, async (partition, records) => {
    await new Promise<void>(resolve => appends.push(resolve))
    return log.append(partition, records)
  })
  const request = requestOf(spans(1, 50))
  const distributor = new Distributor(slow, { ...config, maxWaitingBytes: 10 * request.length })
  const results = Array.from({ length: 30 }, () => distributor.push('a', request))
  const settled = Promise.allSettled(results)
  const releasing = setInterval(() => {
    for (const go of appends.splice(0)) go()
  }, 1)
  const refused = (await settled).filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(10)
  expect(refused.length).toBeLessThan(30)
  expect(refused[0]).toMatchObject({
    reason: { statusCode: 503, message: expect.stringMatching(/^\d+ bytes wait for the log already$/) },
  })
  expect(distributor.waitingBytes).toBe(0)
  expect(await distributor.push('a', request)).toMatchObject({ spanCount: 49 })
  clearInterval(releasing)
})

test('a trace that gets no spans for a time is forgotten, and may have as many again', async () => {
  const { distributor } = distributing({
    limits: { maxRequestBytes: 2 ** 30, maxTraceBytes: 10_000 },
    maxTraceLiveMillis: 1,
  })
  const half = requestOf([[7, 1]], { attributes: attributes(['x', 'y'.repeat(6_000)]) })
  expect(await distributor.push('a', half)).toMatchObject({ spanCount: 1 })
  expect(await distributor.push('a', half)).toMatchObject({ spanCount: 0 })
  await new Promise(resolve => setTimeout(resolve, 5))
  await distributor.push('a', requestOf([[1, 1]]))
  await new Promise(resolve => setTimeout(resolve, 5))
  await distributor.push('a', requestOf([[1, 1]]))
  expect(await distributor.push('a', half)).toMatchObject({ spanCount: 1 })
})
