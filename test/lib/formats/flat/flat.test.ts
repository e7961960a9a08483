import { parquetMetadata } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { decodeFlat } from '../../../../lib/formats/flat/reader.ts'
import { Losses } from '../../../../lib/formats/losses.ts'
import { vparquet } from '../../../../lib/formats/parquet.ts'
import { groupByTrace } from '../../../../lib/import/group.ts'
import { writeFlat } from '../../../../lib/import/tables.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { attributes, span } from '../../../support/nasty.ts'

async function tableOf(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await writeFlat(streamOf([traces]), sink)
  return sink.bytes()
}

const traces = generatedTraces('otel', 60)
const table = await tableOf(traces)

async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeFlat(openMemory(bytes)))).flat()
}

function leafNames(bytes: Buffer): string[] {
  const { schema } = parquetMetadata(Uint8Array.from(bytes).buffer)
  return schema.filter(({ type }) => type !== undefined).map(({ name }) => name)
}

test('rows are sorted by service, name and start', async () => {
  const rows = (await decode(table)).map(({ spans: [one] }) => {
    const service = one!.resource!.attributes.find(({ key }) => key === 'service.name')!.value
    return [service, one!.name, one!.startNanos] as [string, string, bigint]
  })
  const sorted = [...rows].sort((a, b) =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[2] < b[2] ? -1 : 1,
  )
  expect(rows).toEqual(sorted)
})

test('frequent attributes have columns of the type that most values have, the others stand in map and list', async () => {
  const many = Array.from({ length: 600 }, (_, i) =>
    span({
      spanId: i.toString(16).padStart(16, '0'),
      attributes: attributes(
        ['often', i === 7 ? 'not a number' : BigInt(i)],
        ...(i === 0
          ? ([
              ['seldom', 'text'],
              ['seldom', 'twice'],
              ['list', ['a']],
            ] as const)
          : []),
      ),
    }),
  )
  const bytes = await tableOf([{ traceId: '0'.repeat(31).concat('1'), spans: many }])
  expect(leafNames(bytes)).toContain('span.often')
  expect(leafNames(bytes)).not.toContain('span.seldom')
  const [first, ...rest] = (await decode(bytes)).map(({ spans }) => spans[0]!)
  expect(first!.attributes).toEqual(attributes(['often', 0n], ['seldom', 'text'], ['seldom', 'twice'], ['list', ['a']]))
  expect(rest[6]!.attributes).toEqual(attributes(['often', 'not a number']))
})

test('is read as an input that begins as Parquet does', async () => {
  const pieces = vparquet.read(streamOf([table]), new Losses())
  const back = (await collect(groupByTrace(pieces, { maxBytes: 1e9 }))).flat()
  expect(back.map(({ traceId }) => traceId).sort()).toEqual(traces.map(({ traceId }) => traceId).sort())
})

describe('what is no table of spans', () => {
  test('a column of another type is told', async () => {
    const bytes = Buffer.from(table)
    // The name stands in the schema, before all paths.
    const at = bytes.indexOf('trace_state', bytes.length - bytes.readUInt32LE(bytes.length - 8) - 8)
    bytes.write('trace_stats', at)
    const { kind, message } = await labRejection(decode(bytes))
    expect(kind).toMatch(/corrupt|unsupported/)
    expect(message).toMatch(/trace_stat/)
  })

  test('every prefix is refused, and a changed byte of a page changes nothing or is refused', async () => {
    const whole = await decode(table)
    for (let end = 0; end < table.length; end += 997)
      expect((await labRejection(decode(table.subarray(0, end)))).kind, `${end} bytes`).toMatch(/truncated|corrupt/)
    for (let at = 10; at < 20_000; at += 613) {
      const bytes = Buffer.from(table)
      bytes[at]! ^= 0x10
      const outcome = await decode(bytes).catch(error => error)
      if (!(outcome instanceof LabError)) expect(outcome, `byte ${at}`).toEqual(whole)
    }
  })

  test('a kind that is none is told with its column', async () => {
    const kinds = [{ traceId: '01', spans: [span({ kind: 77 })] }]
    const bytes = await tableOf(kinds)
    expect((await decode(bytes))[0]!.spans[0]!.kind).toBe(77)
  })
})
