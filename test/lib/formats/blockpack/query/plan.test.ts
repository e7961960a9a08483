import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../../../lib/bytes/writer.ts'
import { columnId, firstFieldId, tailId } from '../../../../../lib/formats/blockpack/layout/columns.ts'
import {
  type PageEntry,
  type PageGroupEntries,
  type PageStatistic,
  readPageGroupEntries,
  writePageGroupEntries,
} from '../../../../../lib/formats/blockpack/layout/directory.ts'
import { bandOf } from '../../../../../lib/formats/blockpack/layout/layout.ts'
import type { Root } from '../../../../../lib/formats/blockpack/layout/root.ts'
import { type Toc, tocOf } from '../../../../../lib/formats/blockpack/layout/toc.ts'
import { checkNeeds } from '../../../../../lib/formats/blockpack/query/conditions.ts'
import { columnsFor, planFile, planRowGroup, rangesOf } from '../../../../../lib/formats/blockpack/query/plan.ts'
import { Tables } from '../../../../../lib/formats/blockpack/read/tables.ts'
import type { ColumnName, Condition, ScanRequest } from '../../../../../lib/model/scan.ts'

const fields = [
  { owner: 'span', key: 'method', type: 'string' },
  { owner: 'span', key: 'size', type: 'int' },
  { owner: 'span', key: 'rare', type: 'string' },
] as const

const spanName = columnId('span.name')
const spanDuration = columnId('span.duration')
const spanCounts = columnId('trace.spans')
const [method, size] = [firstFieldId, firstFieldId + 1]

/** A page of ten values in 20 bytes. */
function page(column: number, statistic: PageStatistic): PageEntry {
  return { column, rowCount: 10, storedLength: 20, statistic, basis: 0 }
}

/** The bytes of pages by band. */
function lengthsOf(entries: readonly PageEntry[]): number[] {
  const lengths = [0, 0, 0]
  for (const entry of entries) lengths[bandOf(entry.column, entry.rowCount, entry.storedLength)]! += entry.storedLength
  return lengths
}

const ofEveryKind = (statistics: { name: PageStatistic; duration: PageStatistic; others?: readonly PageEntry[] }) => [
  page(spanCounts, { kind: 'none' }),
  page(spanName, statistics.name),
  page(spanDuration, statistics.duration),
  ...(statistics.others ?? []),
]

/** By page group, two per row group: its pages, ascending. */
const directories = [
  ofEveryKind({ name: { kind: 'codes', codes: [0, 1] }, duration: { kind: 'range', min: 0, max: 99 } }),
  ofEveryKind({ name: { kind: 'dictionary' }, duration: { kind: 'range', min: 100, max: 200 } }),
  ofEveryKind({
    name: { kind: 'none' },
    duration: { kind: 'none' },
    others: [page(tailId('string'), { kind: 'none' }), page(size, { kind: 'range', min: 5, max: 6 })],
  }),
  ofEveryKind({
    name: { kind: 'codes', codes: [2] },
    duration: { kind: 'range', min: -5, max: -1 },
    others: [page(method, { kind: 'codes', codes: [0] })],
  }),
]
const byRowGroup = [directories.slice(0, 2), directories.slice(2)]

/** The directory of a row group, as it is read. */
function directoryOf(rowGroup: number): PageGroupEntries[] {
  return byRowGroup[rowGroup]!.map(entries => {
    const out = new ByteWriter()
    writePageGroupEntries(out, 0n, entries)
    return readPageGroupEntries(new ByteReader(out.take(), 'directory'))
  })
}

/** Page groups of ten spans each, of the seconds 0 to 9, 10 to 19 and so on. */
function tocWith(changes: Partial<Root> = {}): Toc {
  const root: Root = {
    codec: 'none',
    level: 0,
    rowGroups: byRowGroup.map((members, i) => ({
      pageGroups: members.map((entries, j) => ({
        traceCount: 10,
        spanCount: 10,
        bandLengths: lengthsOf(entries),
        minStart: BigInt(20 * i + 10 * j),
        maxStart: BigInt(20 * i + 10 * j + 9),
      })),
      directory: { storedLength: 100, rawLength: 100 },
      blooms: [],
    })),
    dictionaries: [],
    traceIndex: { hashBits: 20, pageLengths: [50] },
    similarity: undefined,
    fields: { storedLength: 30, rawLength: 30 },
    openColumns: [],
    rareFields: [2],
    ...changes,
  }
  const start = 8 + lengthsOf(directories.flat()).reduce((sum, length) => sum + length, 0) + 200 + 50 + 30
  return tocOf(root, fields, { start, end: start + 40 })
}

const names = new Map([
  [spanName, ['GET', 'PUT', 'POST']],
  [method, ['a']],
])

/** The page groups that a request would read, by their position in the file. */
function planned(needs: ScanRequest['needs'], toc = tocWith(), times: Partial<ScanRequest> = {}): number[] {
  const request: ScanRequest = { columns: ['span:name'], needs, ...times }
  const checked = checkNeeds({ toc, tables: new Tables(fields), dictionaries: names }, request)
  return planFile(toc, request).rowGroups.flatMap(rowGroup => {
    const directory = directoryOf(rowGroup.rowGroup)
    const plans = planRowGroup(toc, rowGroup, directory, { needs: checked, columns: ['span:name'] }, new Set())
    return plans.map(({ pageGroup }) => pageGroup.index)
  })
}

const is = (column: ColumnName, relation: Condition['relation'], ...operands: Condition['operands']): Condition => ({
  column,
  relation,
  operands,
})

describe('page groups', () => {
  test('without needs all are read', () => expect(planned([])).toEqual([0, 1, 2, 3]))

  test.each<[string, Partial<ScanRequest>, number[]]>([
    ['a start that is the last of a page group', { startNanos: 19n }, [1, 2, 3]],
    ['a start after it', { startNanos: 20n }, [2, 3]],
    ['an end that is the first of a page group, which is outside', { endNanos: 10n }, [0]],
    ['an end after it', { endNanos: 11n }, [0, 1]],
    ['both within one', { startNanos: 12n, endNanos: 13n }, [1]],
    ['a range after all', { startNanos: 40n }, []],
  ])('times: %s', (_, times, expected) => expect(planned([], tocWith(), times)).toEqual(expected))

  test.each<[string, Condition, number[]]>([
    [
      'a code that is listed; a dictionary lists none; what is not in the dictionary is nowhere',
      is('span:name', '=', 'GET'),
      [0, 1, 2],
    ],
    ['a code that others list', is('span:name', '=', 'POST'), [1, 2, 3]],
    ['an entry that no dictionary has', is('span:name', '=', 'DELETE'), []],
    ['a range', is('span:duration', '>', 150n), [1, 2]],
    ['a range below zero', is('span:duration', '<', 0n), [2, 3]],
    ['a column that only one page group has', is('span.size', '=', 5n), [2]],
    ['a value beyond its range', is('span.size', '=', 7n), []],
    ['a rare field, where no dictionary has the string', is('span.rare', '=', 'x'), []],
    ['a key that no field has', is('span.unknown', 'exists'), []],
  ])('conditions: %s', (_, condition, expected) => expect(planned([[[condition]]])).toEqual(expected))

  test('strings outside of the dictionary may be anywhere that says nothing', () => {
    expect(planned([[[is('span:name', '=', 'DELETE')]]], tocWith({ openColumns: [spanName] }))).toEqual([2])
    expect(planned([[[is('span.rare', '=', 'x')]]], tocWith({ openColumns: [tailId('string')] }))).toEqual([2])
  })

  test('of a need one list must hold, of all needs each', () => {
    const [get, short] = [is('span:name', '=', 'GET'), is('span:duration', '<', 0n)]
    expect(planned([[[get], [short]]])).toEqual([0, 1, 2, 3])
    expect(planned([[[get, short]]])).toEqual([2])
    expect(planned([[[get]], [[short]]])).toEqual([2])
  })
})

describe('what is fetched', () => {
  const toc = tocWith()
  const plansOf = (columns: readonly ColumnName[]) => {
    const request: ScanRequest = { columns, needs: [] }
    const needs = checkNeeds({ toc, tables: new Tables(fields), dictionaries: names }, request)
    return planFile(toc, request).rowGroups.flatMap(rowGroup => {
      const directory = directoryOf(rowGroup.rowGroup)
      return planRowGroup(toc, rowGroup, directory, { needs, columns }, new Set())
    })
  }

  test('only the pages of the columns, and of the counts of spans', () => {
    for (const { columns } of plansOf(['span:name'])) expect(columns).toEqual([spanCounts, spanName])
    for (const { columns } of plansOf([])) expect(columns).toEqual([spanCounts])
  })

  test('ranges ascend with the file, band by band, and do not overlap', () => {
    const all = plansOf(['span:name', 'span:duration']).map(({ places, columns }) => rangesOf(places, columns))
    expect(all.map(ranges => ranges.map(({ start, end }) => end - start))).toEqual(all.map(() => [20, 20, 20]))
    const [first, second] = all
    // The scanned columns of both page groups come before the times of either.
    expect(first![1]!.end).toBeLessThanOrEqual(second![0]!.start)
    expect(second![1]!.end).toBeLessThanOrEqual(first![2]!.start)
  })

  test('a field without a column of its own is read from the one that rare fields share', () => {
    const fetched = plansOf(['span.rare']).map(({ columns }) => columns.includes(tailId('string')))
    expect(fetched).toEqual([false, false, true, false])
    expect(columnsFor(toc, plansOf([])[3]!.places, ['span.method'])).toContain(method)
  })

  test('the dictionaries are those of the conditions', () => {
    const needs = [[[is('span:name', '=', 'GET'), is('span:duration', '>', 1n), is('span.method', '=', 'a')]]]
    expect(planFile(toc, { columns: ['span:kind'], needs }).dictionaries).toEqual([spanName, method, tailId('string')])
  })
})
