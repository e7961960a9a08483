import { expect, test } from 'vitest'
import { recordBytes } from '../../../../lib/cluster/log/log.ts'
import { partitioner } from '../../../../lib/cluster/records/partition.ts'
import { contentOf } from '../../../../lib/cluster/records/read.ts'
import {
  recordFormats,
  type SplitConfig,
  type SplitRecord,
  splitRequest,
} from '../../../../lib/cluster/records/split.ts'
import { LabError } from '../../../../lib/error.ts'
import { readOtlpProto } from '../../../../lib/formats/otlp/proto.ts'
import { encodeTraces, OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { collect } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labError } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { full, fullTrace, resourceFields, scopeFields, spanFields } from '../../../support/otlp-message.ts'
import { delimited, fixed64, number } from '../../../support/protobuf.ts'
import { splitOf } from '../../../support/split.ts'
import { pieceOf, requestOf, spanIdOf } from '../../../support/store-spans.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

const seed = Number(process.env.SEED ?? 20261128)
const config: SplitConfig = { tenant: 'team-a', partitionCount: 4, format: 'tempo', maxRecordBytes: 15_983_616 }

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function tracesOf(request: Buffer): Promise<Trace[]> {
  if (request.length === 0) return []
  const traces = joinPieces((await collect(readOtlpProto(once(request)))).flat())
  return traces.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1))
}

/** All that is in records, traces joined again. */
function joined(records: readonly SplitRecord[]): Promise<Trace[]> {
  return tracesOf(Buffer.concat(records.map(({ record }) => contentOf({ ...record, offset: 0 }).request)))
}

/** A request in which the spans of traces are mixed, as those that come at a time are. */
function mixedRequest(traces: readonly Trace[]): Buffer {
  const draw = drawsOf(seed)
  const pieces = traces.flatMap(({ traceId, spans }) => spans.map(span => ({ traceId, spans: [span], at: draw() })))
  return encodeTraces(pieces.sort((a, b) => a.at - b.at))
}

for (const format of recordFormats) {
  test(`${format}: every span is in one record, of the partition of its trace (seed ${seed})`, async () => {
    const request = mixedRequest(generatedTraces('otel', 60))
    const { records, rejected } = splitOf(request, { ...config, format })
    expect(rejected.size).toBe(0)
    expectSameTraces(await tracesOf(request), await joined(records))
    const partitionOf = partitioner('team-a', 4)
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(4)
    for (const { partition, record } of records)
      for (const { traceId } of await joined([{ partition, record, spanCount: 0 }]))
        expect(partitionOf(Buffer.from(traceId, 'hex'))).toBe(partition)
    expect(records.length).toBe(4)
    const { key, headers } = records[0]!.record
    expect(key && String(key)).toBe(format === 'tempo' ? 'team-a' : undefined)
    expect(headers?.map(header => `${header.key}: ${header.value}`)).toEqual(
      format === 'tempo' ? undefined : ['x-scope-orgid: team-a'],
    )
  })

  test(`${format}: no record is beyond the limit, wherever that is (seed ${seed})`, async () => {
    const traces = generatedTraces('otel', 30)
    const request = mixedRequest(traces)
    for (const maxRecordBytes of [200_000, 50_000, 20_000]) {
      const { records, rejected } = splitOf(request, { ...config, format, maxRecordBytes })
      expect(rejected.size).toBe(0)
      expect(Math.max(...records.map(({ record }) => recordBytes(record)))).toBeLessThanOrEqual(maxRecordBytes)
      const least = request.length / maxRecordBytes
      expect(records.length).toBeGreaterThan(least)
      expect(records.reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(
        traces.flatMap(({ spans }) => spans).length,
      )
      expectSameTraces(await tracesOf(request), await joined(records))
    }
  })

  test(`${format}: what is unknown stays, in a span, a scope and a resource`, async () => {
    const unknown = [number(900, 7), delimited(901, 'new')]
    const span = delimited(2, ...spanFields, ...unknown)
    const scope = [delimited(1, ...scopeFields), span, ...unknown, delimited(3, 'su')]
    const request = delimited(
      1,
      delimited(1, ...resourceFields),
      delimited(2, ...scope),
      ...unknown,
      delimited(3, 'ru'),
    )
    const { records } = splitOf(request, { ...config, format })
    const [content] = records.map(({ record }) => contentOf({ ...record, offset: 0 }).request)
    expect(content!.includes(Buffer.concat(unknown))).toBe(true)
    expect(content!.toString('latin1').split(Buffer.concat(unknown).toString('latin1'))).toHaveLength(4)
    expectSameTraces([fullTrace], await joined(records))
  })

  test(`${format}: a span that fits no record is left out and counted, and the others are not`, async () => {
    const large = pieceOf(1, 3, { name: 'n'.repeat(5_000) })
    const request = encodeTraces([pieceOf(1, 1), pieceOf(2, 2), large, pieceOf(1, 4), pieceOf(3, 5)])
    const { records, rejected } = splitOf(request, { ...config, format, maxRecordBytes: 3_000 })
    expect([...rejected.values()]).toEqual([1])
    expect([...rejected.keys()][0]).toMatch(/^span that takes more than 29\d\d bytes with its resource$/)
    const ids = (await joined(records)).flatMap(({ spans }) => spans.map(({ spanId }) => spanId))
    expect(ids).toEqual([1, 4, 2, 5].map(spanIdOf))
  })
}

test('a trace beyond the limit is several records of its partition, in the order of its spans', async () => {
  const request = requestOf(Array.from({ length: 500 }, (_, i) => [7, i + 1] as const))
  const { records } = splitOf(request, { ...config, maxRecordBytes: 4_000 })
  expect(records.length).toBeGreaterThan(5)
  expect(new Set(records.map(({ partition }) => partition)).size).toBe(1)
  const [trace] = await joined(records)
  expect(trace!.spans.map(({ spanId }) => Number.parseInt(spanId, 16))).toEqual(
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
})

test('the older name of scopes counts where the newer one is absent', async () => {
  const span = delimited(2, ...spanFields)
  const older = delimited(1000, delimited(1, ...scopeFields), span, delimited(3, 'su'))
  const [resource, newer] = [delimited(1, ...resourceFields), delimited(2, delimited(2, ...spanFields))]
  const alone = splitOf(delimited(1, resource, older, delimited(3, 'ru')), config)
  expectSameTraces([fullTrace], await joined(alone.records))
  const both = splitOf(delimited(1, resource, older, newer), config)
  expect((await joined(both.records)).map(({ spans }) => spans.length)).toEqual([1])
})

test('an empty request has no records, and rows of another one are refused', () => {
  expect(splitOf(Buffer.alloc(0), config).records).toEqual([])
  const [one, two] = [
    requestOf([[1, 1]]),
    requestOf([
      [1, 1],
      [2, 2],
    ]),
  ]
  const rows = new SpanRows()
  new OtlpMessages(rows, () => {}).read(one, rows)
  for (const request of [two, Buffer.alloc(0)])
    expect(labError(() => splitRequest(request, rows, config)).message).toBe(
      'the request does not have the 1 spans that were read of it',
    )
})

test('a request whose resource would be repeated beyond all measure is refused', () => {
  const resource = {
    attributes: [{ key: 'k', value: 'v'.repeat(1_000_000) }],
    droppedAttributesCount: 0,
    schemaUrl: '',
  }
  const request = requestOf(
    Array.from({ length: 100 }, (_, i) => [i + 1, i + 1] as const),
    { resource },
  )
  const error = labError(() => splitOf(request, config))
  expect(error.kind).toBe('limit')
  expect(error.message).toMatch(
    /^the request of 10\d{5} bytes takes more than \d+ in records, where each trace has its resource: /,
  )
  expect(splitOf(request, { ...config, format: 'otlp' }).records).toHaveLength(4)
})

test('another signal is refused by name', () => {
  const log = [fixed64(1, 1_544_712_660_000_000_001n), number(2, 9), delimited(5, delimited(1, 'text'))]
  const logs = delimited(1, delimited(1), delimited(2, delimited(2, ...log)))
  expect(labError(() => splitOf(logs, config)).message).toBe('holds resourceLogs, expected resourceSpans')
})

test(`each prefix and each flipped bit gives spans or an error of ours (seed ${seed})`, () => {
  const request = Buffer.concat([
    full,
    requestOf([
      [1, 1],
      [2, 2],
      [1, 3],
    ]),
  ])
  const tried = (bytes: Buffer) => {
    for (const format of recordFormats)
      try {
        splitOf(bytes, { ...config, format })
      } catch (error) {
        if (!(error instanceof LabError)) throw error
        expect(error.message).not.toContain('\n')
        return error
      }
    return undefined
  }
  for (let length = 0; length < request.length; length++) {
    const error = tried(request.subarray(0, length))
    if (length > 0 && length < full.length) expect(error?.message).toMatch(/^byte \d+: /)
  }
  for (let bit = 0; bit < request.length * 8; bit++) {
    const flipped = Buffer.from(request)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    tried(flipped)
  }
})
