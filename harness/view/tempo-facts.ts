import { printDedicatedSettings, type VparquetFacts } from '../../lib/formats/vparquet/inspect.ts'
import { fixed, percent, plural, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, tableOf, text } from '../text/table.ts'

/** The facts of a block of Tempo for a terminal. */
export function tempoFactsPage(name: string, facts: VparquetFacts): Page {
  const { byteLength, version, traceCount, spanCount, rowGroupCount, footerLength, indexLength } = facts
  const perSpan = spanCount > 0 ? `, ${fixed(2)(byteLength / spanCount)} B a span` : ''
  return [
    `${name}: ${version}, ${whole(byteLength)} B`,
    `${plural(traceCount, 'trace')}, ${plural(spanCount, 'span')}${perSpan}; ${plural(rowGroupCount, 'row group')}`,
    `footer ${whole(footerLength)} B, indexes of pages ${whole(indexLength)} B`,
    'Columns by size:',
    tableOf(facts.columns, [
      text('column', column => column.name, { maxWidth: 44 }),
      number('bytes', column => column.byteLength, undefined, { keep: 3 }),
      number('dictionary', column => (column.dictionaryBytes > 0 ? column.dictionaryBytes : '')),
      number('share', column => column.byteLength / byteLength, percent, { keep: 2 }),
      number('values', column => column.valueCount),
      text('codec', column => column.codec),
    ]),
    'Attributes by size; of one in a list its share, by values and by what dictionaries have for it:',
    tableOf(facts.attributes, [
      text('attribute', ({ scope, key }) => `${scope}.${key}`, { maxWidth: 44 }),
      number('bytes', attribute => attribute.byteLength, undefined, { keep: 3 }),
      number('share', attribute => attribute.byteLength / byteLength, percent, { keep: 2 }),
      number('values', attribute => attribute.valueCount),
      text('stands in', ({ isOwnColumn }) => (isOwnColumn ? 'a column of its own' : 'the list')),
    ]),
    ...advicePart(facts),
  ]
}

function advicePart({ advice, advisedSpans, version }: VparquetFacts): Page {
  const measured = `${plural(advisedSpans, 'span')} of the block, rewritten as ${version}`
  if (advice.length === 0) return [`No dedicated column would save bytes, of those tried on ${measured}.`]
  return [
    `Dedicated columns that would save bytes, each alone, by ${measured}:`,
    tableOf(advice, [
      text('attribute', ({ column }) => `${column.scope}.${column.name}`, { maxWidth: 44 }),
      text('type', ({ column }) => column.type),
      number('bytes saved', ({ savedBytes }) => savedBytes, undefined, { keep: 3 }),
      number('B/span', ({ savedBytes }) => savedBytes / advisedSpans, fixed(3)),
    ]),
    printDedicatedSettings(advice.map(({ column }) => column)),
  ]
}
