import { afterAll, describe, expect, test } from 'vitest'
import { packed as packedNumbers, writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import { PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { writeStrings } from '../../../../lib/encodings/pages/strings.ts'
import { type ColumnId, columnId } from '../../../../lib/formats/blockpack/layout/columns.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { sampleTraces } from '../columnar/samples.ts'
import { packed } from './blocks.ts'
import { decode, forged, type OpenFile, openFile, placed, printDirectory, printRoot } from './forge.ts'
import { mutate } from './mutate.ts'

const seed = Number(process.env.SEED ?? 20261127)

afterAll(() => expect(process.resourceUsage().maxRSS, 'KiB, whatever the files claim').toBeLessThan(512 * 1024))

const config = { ...profiles.default, compressionCodec: 'none' as const, columnBlockSize: 1, writeBufferSize: 40_000 }
const few = sampleTraces(5, seed)
const tiny = await packed(few, config)

async function refusal(bytes: Uint8Array): Promise<string> {
  const { message } = await labRejection(decode(bytes))
  expect(message).toMatch(placed)
  return message
}

describe('pages', () => {
  /** The tiny file with the page of a column written anew, by default with as many rows. */
  const withPage = (column: number | ColumnId, write: (writer: PageWriter) => void, rowCount?: number) =>
    forged(tiny, file => {
      const id = typeof column === 'number' ? column : columnId(column)
      const { pages } = file.rowGroups[0]!.pageGroups[0]!
      const page = pages.find(({ entry }) => entry.column === id)!
      const writer = new PageWriter({ packsBits: true })
      write(writer)
      page.content = writer.out.take()
      page.entry = {
        ...page.entry,
        rowCount: rowCount ?? page.entry.rowCount,
        storedLength: 9,
        statistic: { kind: 'none' },
      }
    })
  const spanCount = few.reduce((sum, { spans }) => sum + spans.length, 0)
  const numbers = (values: number[]) => (writer: PageWriter) => {
    writer.out.varint(0)
    writeNumbers(writer, Float64Array.from(values), packedNumbers)
  }
  const repeated = (value: number) => numbers(Array.from({ length: spanCount }, () => value))
  const strings = (values: string[]) => (writer: PageWriter) => {
    writer.out.u8(0)
    writeStrings(writer, values, false)
  }

  test.each<[string, number | ColumnId, (writer: PageWriter) => void, RegExp]>([
    ['spans of a trace that are none', 'trace.spans', numbers([0, 1, 1, 1, 1]), /trace.spans/],
    [
      'spans of traces that do not add up',
      'trace.spans',
      numbers([1, 1, 1, 1, 1]),
      /trace.spans: 5 spans, the root says/,
    ],
    ['a kind of parents that is none', 'span.parentKind', repeated(4), /column 6 .*symbol 4 of 4/],
    ['parents that lie far before', 'span.parentDistance', numbers([9]), /parent/],
    ['2^32 - 1 events a span', 'span.events', repeated(2 ** 32 - 1), /span.events/],
    ['a kind beyond 32 bits', 'span.kind', repeated(2 ** 31), /span.kind/],
    ['a status without a code', 'span.status', strings(Array.from({ length: spanCount }, () => 'broken')), /status/],
    [
      'dropped counts that are none',
      'span.dropped',
      strings(Array.from({ length: spanCount }, () => '1 2')),
      /dropped/,
    ],
    ['ids that are none', 'span.id', strings(['xyz']), /span.id|column/],
    ['a layout of texts that is none', 'span.name', writer => writer.out.u8(2), /text: layout 2/],
    [
      'a resource that is no CBOR',
      'span.resource',
      writer => {
        writer.out.u8(1)
        writer.out.raw(Uint8Array.from([0, 1]))
        writeStrings(writer, ['\u0001'], true)
      },
      /blockpack resource at byte/,
    ],
    [
      'a shape of a field that is not there',
      'span.shape',
      writer => {
        writer.out.u8(1)
        writer.out.raw(Uint8Array.from([0, 1]))
        writeStrings(writer, ['\xff\x7f'], true)
      },
      /names field 16383/,
    ],
    [
      'a code behind the dictionary',
      'span.name',
      writer => writer.out.raw(Uint8Array.from([1, 1, 0, 0xff, 0x7f])),
      /code 16383 of a dictionary/,
    ],
  ])('%s', async (_, column, write, message) => expect(await refusal(await withPage(column, write))).toMatch(message))

  test('times before the epoch', async () => {
    const bytes = await forged(tiny, file => {
      file.rowGroups[0]!.pageGroups[0]!.base = 0n
      const page = file.rowGroups[0]!.pageGroups[0]!.pages.find(({ entry }) => entry.column === columnId('span.start'))!
      const writer = new PageWriter({ packsBits: true })
      repeated(-1)(writer)
      page.content = writer.out.take()
    })
    expect(await refusal(bytes)).toMatch(/times: a time of -1 ns/)
  })

  test('shapes that repeat more values than the bytes vouch for take no memory', async () => {
    const spans = Array.from({ length: 3000 }, () => ({
      ...few[0]!.spans[0]!,
      attributes: [{ key: 'none', value: null }],
    }))
    const bytes = await packed([{ traceId: '01', spans }], config)
    const many = await forged(bytes, file => {
      const page = file.rowGroups[0]!.pageGroups[0]!.pages.find(({ entry }) => entry.column === columnId('span.shape'))!
      const writer = new PageWriter({ packsBits: true })
      writer.out.raw(Uint8Array.from([1, 0, 1]))
      writeStrings(writer, ['\0'.repeat(1000)], true)
      page.content = writer.out.take()
      page.entry = { ...page.entry, storedLength: 9, statistic: { kind: 'none' } }
    })
    expect(await refusal(many)).toMatch(/span attributes: 3000000 of them/)
  })
})

describe('the trace index', () => {
  const page = (keys: number[], positions: number[], count = keys.length) => {
    const writer = new PageWriter({ packsBits: true })
    writer.out.varint(count)
    writeNumbers(writer, Float64Array.from(keys), packedNumbers)
    writeNumbers(writer, Float64Array.from(positions), packedNumbers)
    return writer.out.take()
  }
  const find = async (index: Buffer[], id: string): Promise<Trace | undefined> => {
    const bytes = await forged(tiny, file => Object.assign(file, { index }))
    return (await BlockpackReader.open(openMemory(bytes))).findTrace(id)
  }
  const { traceId } = few[2]!

  test.each<[string, Buffer[], RegExp]>([
    ['a position behind the last trace', [page([1], [5])], /position 5 of 5 traces/],
    ['a position below zero', [page([1], [-1])], /position -1/],
    ['more entries than traces', [page([1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 0])], /6 entries for 5 traces/],
    ['2^50 entries', [page([], [], 2 ** 50)], /1125899906842624 entries/],
    ['keys out of order', [page([9, 1], [0, 1])], /key 1 after 9/],
    ['keys beyond 32 bits', [page([2 ** 32], [0])], /key 4294967296/],
    ['no entries, but bytes', [Buffer.from([0, 9])], /left over/],
    ['nothing', [Buffer.alloc(0)], /needs 1 bytes/],
    ['no page', [], /root at byte \d+: no index of 5 traces/],
  ])('%s', async (_, index, message) => {
    const error = await labRejection(find(index, traceId))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(placed)
  })

  test('positions of other traces never lead to one of another id', async () => {
    const file = await openFile(tiny)
    for (let position = 0; position < 5; position++) {
      for (let key = 0; key < 2 ** 19; key += 2 ** 14) {
        const found = await find([page([key], [position])], traceId)
        if (found) expectSameTraces([few[2]!], [found])
      }
    }
    expect(file.index).toHaveLength(1)
  })
})

describe(`any content with right checksums (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  const parts: [string, number, (file: OpenFile) => void][] = [
    ['root', 250, file => Object.assign(file, { rootContent: mutate(printRoot(file.root), draw) })],
    ['fields', 200, file => Object.assign(file, { fields: mutate(file.fields, draw) })],
    [
      'dictionaries',
      250,
      file => {
        const at = Math.floor(draw() * file.dictionaries.length)
        file.dictionaries[at] = mutate(file.dictionaries[at]!, draw)
      },
    ],
    [
      'directories',
      300,
      file => {
        const content = Buffer.from(file.rowGroups[0]!.directory!)
        file.rowGroups[0]!.directory = mutate(content, draw)
      },
    ],
    [
      'pages',
      800,
      file => {
        const pages = file.rowGroups[0]!.pageGroups[0]!.pages.filter(({ content }) => content.length > 0)
        const page = pages[Math.floor(draw() * pages.length)]!
        page.content = mutate(page.content, draw)
      },
    ],
  ]

  test.each(parts)('%s: %d changes end in an error with its place, or in traces', async (name, count, change) => {
    for (let i = 0; i < count; i++) {
      const bytes = await forged(tiny, file => {
        if (name === 'directories')
          file.rowGroups[0]!.directory = printDirectory(
            file.rowGroups[0]!.pageGroups.map(({ base, pages }) => ({
              base,
              entries: pages.map(({ entry }) => entry),
            })),
          )
        change(file)
      })
      const outcome = await decode(bytes).catch((error: unknown) => error as Error)
      if (outcome instanceof Error) {
        expect(outcome.name, `change ${i}: ${outcome.stack}`).toBe('LabError')
        expect(outcome.message, `change ${i}`).toMatch(placed)
      } else expect(outcome.length, `change ${i}`).toBeLessThanOrEqual(64)
    }
  })
})
