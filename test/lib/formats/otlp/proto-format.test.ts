import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectFormat } from '../../../../lib/formats/detect.ts'
import { Losses } from '../../../../lib/formats/losses.ts'
import { encodeOtlpProto } from '../../../../lib/formats/otlp/proto.ts'
import { otlpProto } from '../../../../lib/formats/otlp/proto-format.ts'
import { readInputs } from '../../../../lib/import/input.ts'
import { countSpans } from '../../../../lib/model/trace.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, collectBytes, streamOf } from '../../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../../support/corpora.ts'
import { nastyCorpora } from '../../../support/nasty.ts'
import { delimited, fixed32, fixed64, number, prefixed } from '../../../support/protobuf.ts'

const spanBytes = delimited(2, delimited(1, Buffer.alloc(16, 0xab)), delimited(5, 'name'), fixed64(7, 1n))
const resource = delimited(1, delimited(1, delimited(1, 'service.name'), delimited(2, delimited(1, 'cart'))))
const message = delimited(1, resource, delimited(2, delimited(1, delimited(1, 'scope')), spanBytes))

const logRecord = delimited(2, fixed64(1, 5n), number(2, 9))
const metric = delimited(2, delimited(1, 'http.server.request.duration'), delimited(3, 's'))
const logs = delimited(1, resource, delimited(2, logRecord))
const point = delimited(1, fixed64(3, 5n), fixed64(6, 1n))
const metrics = delimited(1, resource, delimited(2, delimited(2, delimited(1, 'cpu'), delimited(5, point))))
const unknown = Buffer.concat([number(99, 1), delimited(98, 'x'), fixed64(97, 1n), fixed32(96, 1)])

describe('what is recognised', () => {
  test.each([
    ['a message', message],
    ['its first 5 bytes', message.subarray(0, 5)],
    ['a ResourceSpans without resource', delimited(1, delimited(2, spanBytes))],
    ['an empty ResourceSpans', delimited(1)],
    ['a ResourceSpans of 16 MiB', delimited(1, delimited(2, spanBytes, delimited(2, Buffer.alloc(2 ** 24, 0x30))))],
    ['a message behind its length', prefixed(message)],
    ['one behind an empty one', Buffer.concat([prefixed(Buffer.alloc(0)), prefixed(message)])],
    ['the name of scopes before OTLP 0.15', delimited(1, delimited(1000, spanBytes))],
    ['logs', logs],
    ['metrics', metrics],
    ['traces behind logs', Buffer.concat([prefixed(logs), prefixed(message)])],
    ['unknown fields in front', Buffer.concat([unknown, message])],
    ['unknown fields in a ResourceSpans', delimited(1, unknown, resource, delimited(2, unknown, spanBytes))],
    ['unknown fields in a span', delimited(1, delimited(2, delimited(2, unknown, delimited(1, Buffer.alloc(16, 1)))))],
  ])('%s', (_, bytes) => {
    expect(otlpProto.detect(bytes.subarray(0, 65_536))).toBe(true)
    expect(detectFormat(bytes.subarray(0, 65_536)).name).toBe('otlp-proto')
  })

  test.each(nastyCorpora.filter(({ traces }) => traces.length > 0).map(({ name, traces }) => [name, traces] as const))(
    '%s, written',
    async (_, traces) => {
      const bytes = await collectBytes(encodeOtlpProto(streamOf([traces]))).catch(() => message)
      expect(otlpProto.detect(bytes.subarray(0, 65_536))).toBe(true)
    },
  )
})

describe('what is not', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(1_000)],
    ['a newline', Buffer.from('\n')],
    ['blank lines', Buffer.from('\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n')],
    ['blanks and lines of it', Buffer.from('\n \n\t')],
    ['text behind a newline', Buffer.from('\n{"resourceSpans":[]}\n')],
    ['indented text behind a newline', Buffer.from('\n        {"resourceSpans":[]}\n')],
    ['a number that looks like a length', Buffer.from('\0\0\0\x0a{"a":"b"}\n')],
    ['an id of 17 bytes', delimited(1, delimited(2, delimited(2, delimited(1, Buffer.alloc(17)))))],
    ['a varint without end', Buffer.concat([Buffer.from([10]), Buffer.alloc(50, 0xff)])],
    ['metrics without data points', delimited(1, resource, delimited(2, metric))],
    ['unknown fields alone', delimited(1, delimited(2, delimited(2, unknown)))],
    ['a known field of another wire type', delimited(1, delimited(2, delimited(2, number(1, 5), fixed64(7, 1n))))],
    ['a field that fits into no length', Buffer.from([10, 4, 10, 9, 0, 0])],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex')],
  ])('%s', (_, bytes) => {
    expect(otlpProto.detect(bytes)).toBe(false)
  })

  test('text, whatever stands in it', () => {
    const line = fc.string({ unit: 'grapheme-ascii', maxLength: 60 })
    const text = fc.array(line, { maxLength: 20 }).map(lines => `\n${lines.join('\n')}`)
    fc.assert(
      fc.property(text, value => !otlpProto.detect(Buffer.from(value))),
      seeded(5_000),
    )
  })

  test('nor do the other sources claim it', () => {
    for (const bytes of [message, prefixed(message)]) expect(detectFormat(bytes).name).toBe('otlp-proto')
  })
})

test('what is dropped is counted by path', async () => {
  const losses = new Losses()
  const bytes = Buffer.concat([
    message,
    delimited(1, delimited(2, delimited(2, number(77, 1)), delimited(2, number(77, 2)))),
  ])
  const traces = (await collect(otlpProto.read(chunked(bytes, 10), losses))).flat()
  expect(countSpans(traces)).toBe(3)
  expect(losses.list()).toEqual([{ field: 'resourceSpans.scopeSpans.spans.77', count: 2 }])
})

describe('other signals', () => {
  const read = async (skipsBad: boolean, ...messages: Buffer[]) => {
    const losses = new Losses({ skipsBad })
    const traces = (await collect(otlpProto.read(chunked(Buffer.concat(messages), 10), losses))).flat()
    return [countSpans(traces), losses.list(), losses.listBad()]
  }

  test.each([false, true])('are passed over and counted by message, in any order (skipping: %s)', async skipsBad => {
    const twice = Buffer.concat([logs, logs])
    const inputs = [
      [twice, message, metrics, message, logs],
      [message, metrics, twice, logs, message],
    ]
    for (const order of inputs) {
      const [spanCount, dropped, bad] = await read(skipsBad, ...order.map(prefixed))
      expect(spanCount).toBe(2)
      expect(dropped).toHaveLength(2)
      expect(dropped).toEqual(
        expect.arrayContaining([
          { field: 'resourceLogs', count: 2 },
          { field: 'resourceMetrics', count: 1 },
        ]),
      )
      expect(bad).toEqual([])
    }
  })

  test('alone they are an error that names them', async () => {
    await expect(read(true, prefixed(logs), prefixed(logs))).rejects.toThrow('holds logs (2 documents), no traces')
    await expect(read(false, metrics)).rejects.toThrow('holds metrics (1 document), no traces')
  })
})

describe.each([[[2, 1000]], [[1000, 2]]])('scopes under both names: %j', numbers => {
  test('the newer one counts', async () => {
    const losses = new Losses()
    const groups = numbers.map(field => delimited(field, delimited(2, delimited(5, `${field}`), fixed64(7, 1n))))
    const traces = (await collect(otlpProto.read(chunked(delimited(1, ...groups), 10), losses))).flat()
    expect(traces.flatMap(({ spans }) => spans.map(({ name }) => name))).toEqual(['2'])
    expect(losses.list()).toEqual([{ field: 'resourceSpans.instrumentationLibrarySpans', count: 1 }])
  })
})

describeCorpora('real captures', () => {
  test('hipstershop through the door', async () => {
    const path = corpusPath('otlp-stef-hipstershop/hipstershop-oteltraces.otlp-multipart.pb.zst')
    const losses = new Losses()
    const inputs = readInputs([path], { losses })
    expect(countSpans((await collect(inputs.batches)).flat())).toBe(86_583)
    expect(inputs.files).toMatchObject([{ format: 'otlp-proto', byteLength: 23_778_904 }])
    expect(losses.list()).toEqual([])
  })

  test('no other capture is claimed', () => {
    for (const entry of readdirSync(corpusPath('.'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.pb(?:\.|$)/.test(entry.name)) continue
      const head = readFileSync(join(entry.parentPath, entry.name)).subarray(0, 65_536)
      expect(otlpProto.detect(head), entry.name).toBe(false)
    }
  })
})
