import type { Figure } from '../../charts/figure.ts'
import { lineFigure } from '../../charts/lines.ts'
import { fixed, percent, seconds, whole } from '../../text/format.ts'
import { number, type Table, tableOf, text } from '../../text/table.ts'
import type { Document, Picture } from '../../view/document.ts'
import type { BlockRow, Blocks, Costs } from './measure.ts'

const sections = ['directory', 'dictionaries', 'trace index', 'similarity', 'Bloom filters', 'fields', 'root'] as const

/** How the CPU seconds of a part are known. */
export const sectionNote =
  'encode CPU s: of the trace index alone; of similarity and dictionaries the default less the file without them; the other parts cannot be left out'

/** Every configuration of the curves, a line each. */
export function curveTable({ curves, spanCount }: Blocks): Table {
  const rows = curves.flatMap(curve => curve.rows)
  return costTable(rows, spanCount, 'curves')
}

/** The default, and what is won and lost without each of its parts. */
export function taxTable({ taxed, spanCount }: Blocks): Table {
  return costTable(taxed, spanCount, 'without a part')
}

/** What each index and table of the default takes, and what a lookup reads of it. */
export function sectionTable({ taxed, spanCount, traceCount, traceIndexSeconds }: Blocks): Table {
  const costs = taxed[0]?.costs ?? null
  const differenceTo = (name: string) => {
    const without = taxed.find(row => row.name === name)?.costs
    return costs && without ? costs.encodeCpuSeconds - without.encodeCpuSeconds : null
  }
  const secondsOf: Partial<Record<string, number | null>> = {
    'trace index': traceIndexSeconds,
    similarity: differenceTo('without similar traces'),
    dictionaries: differenceTo('without dictionaries'),
  }
  const { parts = {}, sizeBytes = 0, lookups } = costs ?? {}
  const bytesOf = (section: string) => parts[section] ?? 0
  return tableOf(
    costs ? sections : [],
    [
      text('part', section => section),
      number('bytes', bytesOf, undefined, { keep: 1 }),
      number('share', section => bytesOf(section) / sizeBytes, percent, { keep: 1 }),
      number('B/span', section => bytesOf(section) / spanCount, fixed(3), { keep: 1 }),
      number('B/trace', section => bytesOf(section) / traceCount, fixed(2)),
      number('encode CPU s', section => secondsOf[section] ?? null, seconds),
      number('lookup B', section => lookups?.present.parts[section] ?? 0),
      number('absent B', section => lookups?.absent.parts[section] ?? 0),
    ],
    'parts',
  )
}

/** Bytes per span, and bytes that a lookup reads, by size of pages. */
function blockPictures(blocks: Blocks): Picture[] {
  const { spanCount } = blocks
  return [
    {
      suffix: '-size',
      figure: figureOf('Bytes per span by column_block_size', 'B/span', blocks, costs => costs.sizeBytes / spanCount),
    },
    {
      suffix: '-lookup',
      figure: figureOf(
        'KiB read for a trace by id, by column_block_size',
        'KiB',
        blocks,
        costs => costs.lookups.present.bytes / 1024,
      ),
    },
  ]
}

/** The page of the measurement. */
export function blocksDocument(blocks: Blocks): Document {
  return [
    '# Blockpack by page size, codec and index',
    ...blocks.notes,
    ...blockPictures(blocks),
    '## Page size and codec',
    'Each row was proved by its round trip before it was timed; a lookup reads of a file that is open and cold.',
    curveTable(blocks),
    '## What each part costs',
    taxTable(blocks),
    sectionTable(blocks),
    sectionNote,
    ...problemsOf(blocks),
  ]
}

/** What was not earned, a line each. */
export function problemsOf({ curves, taxed }: Blocks): string[] {
  return [...curves.flatMap(curve => curve.rows), ...taxed].flatMap(({ name, problem }) =>
    problem === null ? [] : [`${name}: ${problem}`],
  )
}

function costTable(rows: readonly BlockRow[], spanCount: number, name: string): Table {
  const cost = (header: string, value: (costs: Costs) => number, print = whole, keep = 0) =>
    number<BlockRow>(header, ({ costs }) => (costs ? value(costs) : null), print, { keep })
  return tableOf(
    rows,
    [
      text('configuration', row => row.name),
      cost('spans/group', costs => costs.spansPerPageGroup),
      cost('B/span', costs => costs.sizeBytes / spanCount, fixed(2), 2),
      cost('encode CPU s', costs => costs.encodeCpuSeconds, seconds, 1),
      cost('decode CPU s', costs => costs.decodeCpuSeconds, seconds, 1),
      cost('open B', costs => costs.lookups.openBytes),
      cost('steps', costs => costs.lookups.present.roundTrips, fixed(1)),
      cost('ranges', costs => costs.lookups.present.ranges, fixed(1)),
      cost('lookup B', costs => costs.lookups.present.bytes, whole, 1),
      cost('absent ranges', costs => costs.lookups.absent.ranges, fixed(1)),
      cost('absent B', costs => costs.lookups.absent.bytes),
    ],
    name,
  )
}

function figureOf(
  title: string,
  label: string,
  { title: subtitle, curves }: Blocks,
  value: (costs: Costs) => number,
): Figure {
  return lineFigure({
    title,
    subtitle,
    x: { label: 'column_block_size', scale: 'log', print: whole },
    y: { label, scale: 'linear', print: whole },
    series: curves.flatMap(({ codec, rows }) => {
      const points = rows.flatMap(({ columnBlockSize, costs }): [number, number][] =>
        costs ? [[columnBlockSize, value(costs)]] : [],
      )
      return points.length > 0 ? [{ name: codec, points }] : []
    }),
  })
}
