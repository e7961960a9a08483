import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { partitionName, type StoredRecord } from '../../../../lib/cluster/log/log.ts'
import { decodePushBytes, encodePushBytes } from '../../../../lib/cluster/records/push-bytes.ts'
import { contentOf, readRecord } from '../../../../lib/cluster/records/read.ts'
import { LabError } from '../../../../lib/error.ts'
import { OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { labError } from '../../../support/errors.ts'
import { full } from '../../../support/otlp-message.ts'
import { delimited, fixed64, number } from '../../../support/protobuf.ts'
import { requestOf } from '../../../support/store-spans.ts'
import { describeReference, referencePath } from '../../traceql/references.ts'

const name = partitionName('spans', 3)
const header = (key: string, value: string) => ({ key, value: Buffer.from(value) })
const recordOf = (value: Uint8Array, fields: Partial<StoredRecord> = {}): StoredRecord => ({
  offset: 1207,
  timeMillis: 1,
  value,
  ...fields,
})

/** How many spans a record adds, and to whom. */
function read(record: StoredRecord): Record<string, number> {
  const tenants = new Map<string, SpanRows>()
  const messages = new OtlpMessages(new SpanRows(), () => {})
  readRecord(record, name, messages, tenant => {
    tenants.set(tenant, tenants.get(tenant) ?? new SpanRows())
    return tenants.get(tenant)!
  })
  return Object.fromEntries(Array.from(tenants, ([tenant, rows]) => [tenant, rows.length]))
}

const ids = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
const pushBytes = encodePushBytes({
  traces: [
    requestOf([
      [1, 1],
      [1, 2],
    ]),
    requestOf([[2, 3]]),
  ],
  ids,
})

const sample = '12020a001a100102030405060708090a0b0c0d0e0f10'

test('a record is written as it was read', () => {
  const { traces, ids } = decodePushBytes(Buffer.from(sample, 'hex'))
  expect(traces.map(trace => trace.toString('hex'))).toEqual(['0a00'])
  expect(ids.map(id => id.toString('hex'))).toEqual(['0102030405060708090a0b0c0d0e0f10'])
  expect(encodePushBytes({ traces, ids }).toString('hex')).toBe(sample)
})

describeReference('beside Tempo', ['tempo-api-samples'], () => {
  test('that record is one of Tempo', () => {
    expect(readFileSync(referencePath('tempo-api-samples/push-bytes.hex'), 'latin1').trim()).toBe(sample)
  })
})

test('formats are told apart by their first byte, whichever field comes first', () => {
  const key = Buffer.from('team-a')
  expect(read(recordOf(pushBytes, { key }))).toEqual({ 'team-a': 3 })
  expect(read(recordOf(Buffer.concat([number(5, 1), pushBytes]), { key }))).toEqual({ 'team-a': 3 })
  const idsFirst = [
    ...ids.map(id => delimited(3, id)),
    ...[
      [1, 1],
      [2, 2],
    ].map(([trace, span]) => delimited(2, requestOf([[trace!, span!]]))),
  ]
  expect(read(recordOf(Buffer.concat(idsFirst), { key }))).toEqual({ 'team-a': 2 })
  expect(read(recordOf(Buffer.concat([pushBytes, number(9, 1)]), { key }))).toEqual({ 'team-a': 3 })
  expect(read(recordOf(full))).toEqual({ 'single-tenant': 1 })
  expect(read(recordOf(Buffer.alloc(0)))).toEqual({ 'single-tenant': 0 })
})

test("the tenant is Tempo's key, and the header of the collector's", () => {
  expect(contentOf(recordOf(pushBytes)).tenant).toBe('single-tenant')
  const headers = [header('other', 'x'), header('X-Scope-OrgID', 'team-b')]
  expect(contentOf(recordOf(full, { headers })).tenant).toBe('team-b')
  // The key of the collector's records is a trace id, where it has one.
  expect(contentOf(recordOf(full, { key: Buffer.alloc(16, 9) })).tenant).toBe('single-tenant')
  for (const record of [
    recordOf(pushBytes, { key: Buffer.from('../a') }),
    recordOf(full, { headers: [header('x-scope-orgid', '.')] }),
  ])
    expect(labError(() => read(record)).message).toMatch(/^log "spans", partition 3, offset 1207: X-Scope-OrgID "/)
})

test('a poison record is named by its offset, and adds nothing', () => {
  const poison: [Uint8Array, RegExp][] = [
    [Buffer.from('garbage'), /begins with the byte 0x67: expected PushBytesRequest or ExportTraceServiceRequest$/],
    [Buffer.from('{"resourceSpans":[]}'), /begins with the byte 0x7b, as JSON does: set "encoding: otlp_proto"/],
    [pushBytes.subarray(0, pushBytes.length - 18), /has 2 traces and 1 trace ids, expected as many$/],
    [pushBytes.subarray(0, 20), /byte 1: traces: \d+ bytes should follow, \d+ are left$/],
    [full.subarray(0, full.length - 1), /byte \d+: /],
    [encodePushBytes({ traces: [requestOf([[1, 1]]), Buffer.from('x')], ids }), /byte \d+: /],
    [
      delimited(1, delimited(2, delimited(2, fixed64(1, 1_544_712_660_000_000_001n), number(2, 9)))),
      /holds resourceLogs/,
    ],
  ]
  const messages = new OtlpMessages(new SpanRows(), () => {})
  const rows = new SpanRows()
  readRecord(recordOf(full), name, messages, () => rows)
  for (const [value, message] of poison) {
    const error = labError(() => readRecord(recordOf(value), name, messages, () => rows))
    expect(error.message).toMatch(/^log "spans", partition 3, offset 1207: /)
    expect(error.message).toMatch(message)
    expect(rows.length).toBe(1)
  }
})

test('each prefix and each flipped bit adds spans or is named by its offset', () => {
  const rows = new SpanRows()
  const messages = new OtlpMessages(rows, () => {})
  const tried = (value: Buffer) => {
    const before = rows.length
    try {
      readRecord(recordOf(value), name, messages, () => rows)
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      expect(error.message).toMatch(/^log "spans", partition 3, offset 1207: [^\n]+$/)
      expect(rows.length).toBe(before)
    }
    rows.reset(start)
  }
  const start = rows.mark()
  for (const whole of [full, pushBytes]) {
    for (let length = 0; length < whole.length; length++) tried(whole.subarray(0, length))
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      tried(flipped)
    }
  }
})
