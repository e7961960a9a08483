import type { ColumnFacts } from '../../lib/formats/blockpack/column-facts.ts'
import type { Distinct } from '../../lib/formats/blockpack/distinct-count.ts'
import type { BlockpackFacts } from '../../lib/formats/blockpack/inspect.ts'
import { fixed, percent, plural, times, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { printTime } from '../text/times.ts'

/** The facts of a blockpack file for a terminal. */
export function factsPage(name: string, facts: BlockpackFacts): Page {
  return [
    ...headOf(name, facts),
    partTable(facts),
    'Columns by size; ratio to plain arrays (8 bytes a number, 1 a bool, a string its UTF-8 and 4 bytes):',
    columnTable(facts),
  ]
}

/** The same facts with shares and ratios; times are texts of ns since the epoch. */
export function toJson(facts: BlockpackFacts): Record<string, unknown> {
  return {
    ...facts,
    minStart: facts.minStart?.toString() ?? null,
    maxStart: facts.maxStart?.toString() ?? null,
    level: facts.level ?? null,
    minhashPermutations: facts.minhashPermutations ?? null,
    metadataShare: metadataShare(facts),
    parts: facts.parts.map(part => ({ ...part, share: part.byteLength / facts.byteLength })),
    columns: facts.columns.map(column => ({
      ...column,
      share: bytesOf(column) / facts.byteLength,
      ratio: ratioOf(column),
    })),
  }
}

function headOf(name: string, facts: BlockpackFacts): string[] {
  const { byteLength, traceCount, spanCount, minStart, maxStart, codec, level } = facts
  const perSpan = spanCount > 0 ? `, ${fixed(2)(byteLength / spanCount)} B a span` : ''
  const starts = minStart === undefined ? [] : [`spans start from ${printTime(minStart)} to ${printTime(maxStart!)}`]
  const minhash = facts.minhashPermutations
  const settings = [
    `codec ${codec}${level === undefined ? '' : ` at level ${level}`}`,
    minhash === undefined ? 'no index of similar traces' : `minhash of ${plural(minhash, 'permutation')}`,
    `${whole(facts.dictionaryEntryCount)} entries of dictionaries`,
  ]
  const groups = `${plural(facts.rowGroupCount, 'row group')}, ${plural(facts.pageGroupCount, 'page group')}`
  const mean = spanCount > 0 ? ` of ${whole(spanCount / facts.pageGroupCount)} spans` : ''
  return [
    `${name}: blockpack version ${facts.version}, ${whole(byteLength)} B`,
    `${plural(traceCount, 'trace')}, ${plural(spanCount, 'span')}${perSpan}`,
    ...starts,
    `${groups}${mean}, ${plural(facts.fieldCount, 'attribute')}`,
    settings.join(', '),
    `indexes and metadata are ${percent(metadataShare(facts))} of the file`,
  ]
}

function partTable({ parts, byteLength, spanCount }: BlockpackFacts): Table {
  const rows = [...parts.filter(part => part.byteLength > 0), { name: 'all', byteLength, isMetadata: false }]
  return tableOf(rows, [
    text('part', part => (part.isMetadata ? `${part.name} *` : part.name)),
    number('bytes', part => part.byteLength),
    number('share', part => part.byteLength / byteLength, percent),
    number('B/span', part => (spanCount > 0 ? part.byteLength / spanCount : null), fixed(3)),
  ])
}

function columnTable({ columns, byteLength, codec }: BlockpackFacts): Table {
  return tableOf(columns, [
    text('column', column => column.name, { maxWidth: 44 }),
    number('bytes', column => column.pageBytes, undefined, { keep: 3 }),
    number('dictionary', column => (column.dictionaryBytes > 0 ? column.dictionaryBytes : '')),
    number('share', column => bytesOf(column) / byteLength, percent, { keep: 2 }),
    number('values', column => column.valueCount),
    number('distinct', ({ distinct }) => ({ value: distinct.count, words: printDistinct(distinct) }), undefined, {
      keep: 1,
    }),
    text('encoding', printLayouts, { keep: 2 }),
    text('codec', column => (column.isCompressed ? codec : 'none')),
    number('ratio', ratioOf, times, { keep: 1 }),
  ])
}

/** The most frequent layout, and of how many the others are. */
function printLayouts({ layouts }: ColumnFacts): string {
  const [first, ...others] = layouts
  return others.length === 0 ? first!.name : `${first!.name} (+${others.length})`
}

function printDistinct({ count, isEstimate }: Distinct): string {
  return `${isEstimate ? '~' : ''}${whole(count)}`
}

function bytesOf({ pageBytes, dictionaryBytes }: ColumnFacts): number {
  return pageBytes + dictionaryBytes
}

/** Null where a column takes no bytes: all of its values are told by the directory. */
function ratioOf(column: ColumnFacts): number | null {
  return bytesOf(column) === 0 ? null : column.plainBytes / bytesOf(column)
}

function metadataShare({ parts, byteLength }: BlockpackFacts): number {
  return parts.reduce((sum, part) => sum + (part.isMetadata ? part.byteLength : 0), 0) / byteLength
}
