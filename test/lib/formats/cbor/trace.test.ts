import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { TraceReader, TraceWriter } from '../../../../lib/formats/cbor/trace.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { writeHead } from '../../../../lib/wire/cbor/heads.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { labError } from '../../../support/errors.ts'
import { nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'

function encode(traces: readonly Trace[], traceWriter = new TraceWriter()): Buffer {
  const writer = new ByteWriter()
  for (const trace of traces) traceWriter.write(writer, trace)
  return writer.take()
}

function decode(bytes: Uint8Array): Trace[] {
  return new TraceReader().read(bytes, 'traces', 0)
}

describe('write then read is the identity', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', (_, traces) => {
    const bytes = encode(traces)
    expectSameTraces(traces, decode(bytes))
    expect(Buffer.compare(encode(decode(bytes)), bytes)).toBe(0)
  })

  test('on arbitrary traces, by one writer and one reader for all', () => {
    const [writer, reader] = [new TraceWriter(), new TraceReader()]
    fc.assert(
      fc.property(arbitraryTraces, traces => {
        expectSameTraces(traces, reader.read(encode(traces, writer), 'traces', 0))
      }),
      seeded(300),
    )
  })
})

test('equal resources and scopes stand once a trace and come back as one object', () => {
  const resource = () => ({
    attributes: [{ key: 'k', value: 'v'.repeat(50) }],
    droppedAttributesCount: 0,
    schemaUrl: '',
  })
  const scope = () => ({ name: 'n'.repeat(50), version: '', ...resource() })
  const trace = {
    traceId: '01',
    spans: Array.from({ length: 9 }, () => span({ resource: resource(), scope: scope() })),
  }
  const bytes = encode([trace])
  expect(bytes.toString('latin1').split('v'.repeat(50))).toHaveLength(3)
  const [read] = decode(bytes)
  expect(new Set(read.spans.map(item => item.resource)).size).toBe(1)
  expect(new Set(read.spans.map(item => item.scope)).size).toBe(1)
})

describe('refusals', () => {
  const good = encode([{ traceId: '01', spans: [span({ attributes: [{ key: 'k', value: 1n }] })] }]).toString('hex')
  const head = '0148eee19b7ec3c1b17405696f7065726174696f6e0601'
  const broken = (from: string, to: string) => {
    expect(good).toContain(from)
    return labError(() => decode(Buffer.from(good.replace(from, to), 'hex')))
  }

  test.each([
    ['no spans', '4101808081', '4101808080'],
    ['no span id', 'a60148eee19b7ec3c1b174', 'a5'],
    ['no start', `a6${head}071b17979cfe3d85cd15`, `a5${head}`],
    ['2^32 spans', '808081', '80809b0000000100000000'],
    ['2^32 resources', '8080', '9b000000010000000080'],
    ['2^53 attributes', 'a1616b01', 'bb0020000000000000616b01'],
    ['a text of 2^40 bytes', '616b01', '7b0000010000000000'],
    ['an array of 2^32 values', '616b01', '616b9b0000000100000000'],
    ['bytes of 2^31', '616b01', '616b5a80000000'],
    ['an int past 64 bits', '616b01', '616b1b8000000000000000'],
    ['a simple value without meaning', '616b01', '616bf7'],
    ['a half float', '616b01', '616bf93c00'],
    ['a tag without meaning', '616b01', '616bc100'],
    ['a resource that is not there', 'a6', 'a70301'],
    ['an id of 9 bytes', '48eee19b7ec3c1b174', '49eee19b7ec3c1b17400'],
    ['a field that does not exist', '0aa1616b01', '1812a1616b01'],
    ['a field twice', '0aa1616b01', '08a1616b01'],
    ['a kind past 32 bits', '0601', '061a80000000'],
  ])('%s', (_, from, to) => expect(['truncated', 'corrupt', 'unsupported']).toContain(broken(from, to).kind))

  test('values nested deeper than 64, without deep recursion', () => {
    const writer = new ByteWriter()
    for (let i = 0; i < 100_000; i++) writeHead(writer, 4, 1)
    expect(broken('616b01', `616b${writer.view().toString('hex')}`).message).toContain('nested deeper than 64')
  })

  test.each([
    ['a start before the epoch', '0720'],
    ['an end past 64 bits', '0701081bffffffffffffffff'],
    ['an end before the epoch', '07010821'],
  ])('%s', (_, fields) => {
    const fieldCount = fields.length > 4 ? 3 : 2
    const trace = Buffer.from(`844101808081a${fieldCount}014101${fields}`, 'hex')
    expect(labError(() => decode(trace)).message).toContain('a time of')
  })
})
