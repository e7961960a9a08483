import { afterAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { columnId } from '../../../../lib/formats/blockpack/layout/columns.ts'
import type { PageEntry } from '../../../../lib/formats/blockpack/layout/directory.ts'
import type { PageGroupPlace, Root } from '../../../../lib/formats/blockpack/layout/root.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { labRejection } from '../../../support/errors.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { sampleTraces } from '../columnar/samples.ts'
import { packed } from './blocks.ts'
import {
  closeFile,
  decode,
  forged,
  type OpenFile,
  type OpenPage,
  openFile,
  placed,
  printDirectory,
  printRoot,
} from './forge.ts'

const seed = Number(process.env.SEED ?? 20261127)

afterAll(() => expect(process.resourceUsage().maxRSS, 'KiB, whatever the files claim').toBeLessThan(512 * 1024))

const config = { ...profiles.default, compressionCodec: 'none' as const, columnBlockSize: 1, writeBufferSize: 40_000 }
const traces = sampleTraces(1300, seed)
const honest = await packed(traces, config)
const few = sampleTraces(5, seed)
const tiny = await packed(few, config)

/** Decoding ends in an error with its place, or in exactly the traces. */
async function expectNothingWrong(bytes: Uint8Array, what: string, expected = traces): Promise<void> {
  const outcome = await decode(bytes).catch((error: unknown) => error as Error)
  if (outcome instanceof Error) {
    expect(outcome.name, `${what}: ${outcome.stack}`).toBe('LabError')
    expect(outcome.message, what).toMatch(placed)
  } else expectSameTraces(expected, outcome)
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const { message } = await labRejection(decode(bytes))
  expect(message).toMatch(placed)
  return message
}

const extremes = [0, 1, 2, 5, 127, 1000, 65_536, 2 ** 20, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1]

test('what is taken apart and closed is the same file', async () => {
  for (const bytes of [honest, tiny, await packed([]), await packed(traces)]) {
    expect(closeFile(await openFile(bytes)).equals(bytes)).toBe(true)
  }
  const { root } = await openFile(honest)
  expect(root.rowGroups.length).toBeGreaterThan(1)
  expect(root.rowGroups[0]!.pageGroups.length).toBeGreaterThan(0)
})

describe('the footer', () => {
  test.each(extremes)('numbers of %d', async value => {
    for (const field of ['fieldsOffset', 'storedLength', 'rawLength'] as const) {
      if (field !== 'fieldsOffset' && value > 2 ** 32 - 1) continue
      const bytes = await forged(tiny, file => {
        file.footer = { [field]: value }
      })
      expect(await refusal(bytes)).toMatch(/^blockpack (footer|root|fields)/)
    }
  })

  test('a root that begins where it ends, and fields that lie in the root', async () => {
    const { length } = tiny
    for (const footer of [{ storedLength: 0 }, { fieldsOffset: length - 40 }, { fieldsOffset: length - 32 }])
      await refusal(await forged(tiny, file => Object.assign(file, { footer })))
  })
})

describe('the root', () => {
  const changed = (bytes: Uint8Array, changeRoot: (root: Root) => Root) =>
    forged(bytes, file => Object.assign(file, { changeRoot }))
  const changedGroup = (place: Partial<PageGroupPlace>) => (root: Root) => ({
    ...root,
    rowGroups: root.rowGroups.map((rowGroup, i) => ({
      ...rowGroup,
      pageGroups: rowGroup.pageGroups.map((pageGroup, j) => (i + j === 0 ? { ...pageGroup, ...place } : pageGroup)),
    })),
  })

  test.each(extremes)('counts and lengths of %d', async value => {
    const changes: [string, (root: Root) => Root][] = [
      ['traces', changedGroup({ traceCount: value })],
      ['spans', changedGroup({ spanCount: value })],
      ...[0, 1, 2].map((band): [string, (root: Root) => Root] => [
        `band ${band}`,
        changedGroup({ bandLengths: [9, 9, 9].with(band, value) }),
      ]),
      [
        'directory',
        root => ({ ...root, rowGroups: [{ ...root.rowGroups[0]!, directory: { storedLength: value, rawLength: 9 } }] }),
      ],
      ['dictionary', root => ({ ...root, dictionaries: [{ ...root.dictionaries[0]!, rawLength: value }] })],
      [
        'entries',
        root => ({
          ...root,
          dictionaries: root.dictionaries.map(page => ({
            ...page,
            runs: page.runs.map(run => ({ ...run, entryCount: value })),
          })),
        }),
      ],
      [
        'column',
        root => ({
          ...root,
          dictionaries: root.dictionaries.map(page => ({
            ...page,
            runs: page.runs.map(run => ({ ...run, column: value })),
          })),
        }),
      ],
      ['index page', root => ({ ...root, traceIndex: { ...root.traceIndex, pageLengths: [value] } })],
      ['fields', root => ({ ...root, fields: { ...root.fields, storedLength: value } })],
      ['raw fields', root => ({ ...root, fields: { ...root.fields, rawLength: value } })],
    ]
    for (const [what, change] of changes) await expectNothingWrong(await changed(honest, change), `${what} of ${value}`)
  })

  test.each<[string, (root: Root) => Root, RegExp]>([
    ['page groups in another order', root => ({ ...root, rowGroups: [...root.rowGroups].reverse() }), /blockpack/],
    [
      'a row group less',
      root => ({ ...root, rowGroups: root.rowGroups.slice(1) }),
      /root at byte \d+: what it names ends/,
    ],
    [
      'a row group twice',
      root => ({ ...root, rowGroups: [root.rowGroups[0]!, ...root.rowGroups] }),
      /what it names ends/,
    ],
    ['no index', root => ({ ...root, traceIndex: { hashBits: 20, pageLengths: [] } }), /what it names ends|no index/],
    ['no traces', changedGroup({ traceCount: 0 }), /a page group of 0 traces/],
    ['more traces than spans', changedGroup({ traceCount: 9, spanCount: 8 }), /9 traces and 8 spans/],
    ['starts that end before they begin', changedGroup({ minStart: 9n, maxStart: 8n }), /a page group/],
    ['hashes of 33 bits', root => ({ ...root, traceIndex: { ...root.traceIndex, hashBits: 33 } }), /33 bits/],
    ['another codec', root => ({ ...root, codec: 'snappy' }), /blockpack/],
  ])('%s', async (_, change, message) => {
    const bytes = await changed(honest, change)
    if (message.source === 'blockpack') await expectNothingWrong(bytes, 'the root')
    else expect(await refusal(bytes)).toMatch(message)
  })

  test('a codec that is none, and bytes left over', async () => {
    const content = printRoot((await openFile(tiny)).root)
    for (const rootContent of [Buffer.from([9, ...content.subarray(1)]), Buffer.concat([content, Buffer.alloc(1)])])
      expect(await refusal(await forged(tiny, file => Object.assign(file, { rootContent })))).toMatch(
        /^blockpack root at byte/,
      )
  })

  test('similarity that is not where it should be', async () => {
    for (const value of extremes) {
      const change = (root: Root) => ({ ...root, similarity: { ...root.similarity!, traceLengths: [value] } })
      await expectNothingWrong(await changed(honest, change), `similarity of ${value}`)
    }
  })
})

describe('directories', () => {
  const withEntries = (change: (page: OpenPage) => PageEntry) => (file: OpenFile) => {
    for (const page of file.rowGroups[0]!.pageGroups[0]!.pages) page.entry = change(page)
  }

  test.each(extremes)('pages of %d rows', async rowCount => {
    const { rowGroups } = await openFile(tiny)
    for (const { entry } of rowGroups[0]!.pageGroups[0]!.pages) {
      if (entry.rowCount === rowCount) continue
      const bytes = await forged(
        tiny,
        withEntries(page => (page.entry.column === entry.column ? { ...page.entry, rowCount } : page.entry)),
      )
      await expectNothingWrong(bytes, `column ${entry.column} of ${rowCount} rows`, few)
    }
  })

  test.each(extremes)('constants of %d', async value => {
    const { rowGroups } = await openFile(tiny)
    for (const { entry } of rowGroups[0]!.pageGroups[0]!.pages) {
      if (entry.column > columnId('span.parentRepeat') && entry.column < 48) continue
      for (const statistic of [
        { kind: 'constant', value },
        { kind: 'constantCode', code: value },
      ] as const) {
        const bytes = await forged(
          tiny,
          withEntries(page =>
            page.entry.column === entry.column ? { ...page.entry, storedLength: 0, statistic } : page.entry,
          ),
        )
        const outcome = await decode(bytes).catch((error: unknown) => error as Error)
        if (outcome instanceof Error) expect(outcome.message, `column ${entry.column}`).toMatch(placed)
        else expect(outcome.length).toBe(few.length)
      }
    }
  })

  test('page lengths that lead beyond the band, one on top of another', async () => {
    const file = await openFile(tiny)
    const entries = file.rowGroups[0]!.pageGroups[0]!.pages.map(({ entry }) => entry)
    for (const value of [5, 6, 1000, 2 ** 40])
      for (let at = 0; at < entries.length; at++) {
        if (entries[at]!.storedLength === 0) continue
        const out = new ByteWriter()
        const lies = entries.map((entry, i) => (i === at ? { ...entry, storedLength: value } : entry))
        out.raw(printDirectory([{ base: file.rowGroups[0]!.pageGroups[0]!.base, entries: lies }]))
        const bytes = await forged(tiny, open => {
          open.rowGroups[0]!.directory = out.take()
        })
        await expectNothingWrong(bytes, `page ${at} of ${value} bytes`, few)
      }
  })

  test.each<[string, number[], RegExp]>([
    ['nothing', [], /blockpack directory at byte \d+.*needs 8 bytes/],
    ['more pages than bytes', [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x7f], /directory.*items of at least 4/],
    ['a column that is none', [0, 0, 0, 0, 0, 0, 0, 0, 1, 47, 1, 0, 0], /names column 47/],
    ['a column beyond the fields', [0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 3, 1, 0, 0], /names column 65535/],
    ['a column twice', [0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 1, 0, 0, 0, 1, 0, 0], /duplicate column 5/],
    ['a statistic that is none', [0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 1, 9, 0], /a kind of statistic/],
    ['a basis that is none', [0, 0, 0, 0, 0, 0, 0, 0, 1, 13, 1, 37, 5], /a basis of 4/],
    ['names by themselves', [0, 0, 0, 0, 0, 0, 0, 0, 1, 13, 1, 13, 5], /predicts column 13 by basis 1/],
    ['resources by themselves', [0, 0, 0, 0, 0, 0, 0, 0, 1, 14, 1, 21, 5], /predicts column 14 by basis 2/],
    ['durations by names', [0, 0, 0, 0, 0, 0, 0, 0, 1, 22, 1, 13, 5], /predicts column 22 by basis 1/],
    ['a field by itself', [0, 0, 0, 0, 0, 0, 0, 0, 1, 64, 1, 29, 0, 5], /predicts column 64 by basis 64/],
    ['a fixed column by a field', [0, 0, 0, 0, 0, 0, 0, 0, 1, 16, 1, 29, 0, 5], /predicts column 16 by basis 64/],
    ['a page of four bytes', [0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 1, 5, 4], /a page of 4 bytes/],
    ['bytes left over', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], /left over/],
    ['no pages', [0, 0, 0, 0, 0, 0, 0, 0, 0], /names pages up to byte/],
  ])('%s', async (_, directory, message) => {
    const bytes = await forged(tiny, file => {
      file.rowGroups[0]!.directory = Buffer.from(directory)
    })
    expect(await refusal(bytes)).toMatch(message)
  })
})
