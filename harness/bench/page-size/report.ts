import { fixed, percent, seconds, whole } from '../../text/format.ts'
import { printMarkdown, type TextTable } from '../../text/table.ts'
import { drawLines } from '../../view/chart.ts'
import type { BlockRow, Blocks, Costs } from './measure.ts'

const sections = ['directory', 'dictionaries', 'trace index', 'similarity', 'Bloom filters', 'fields', 'root'] as const

/** How the CPU seconds of a part are known. */
export const sectionNote =
  'encode CPU s: of the trace index alone; of similarity and dictionaries the default less the file without them; the other parts cannot be left out'

/** Every configuration of the curves, a line each. */
export function curveTable({ curves, spanCount }: Blocks): TextTable {
  const rows = curves.flatMap(curve => curve.rows)
  return costTable(rows, spanCount)
}

/** The default, and what is won and lost without each of its parts. */
export function taxTable({ taxed, spanCount }: Blocks): TextTable {
  return costTable(taxed, spanCount)
}

/** What each index and table of the default takes, and what a lookup reads of it. */
export function sectionTable({ taxed, spanCount, traceCount, traceIndexSeconds }: Blocks): TextTable {
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
  const cells = (section: string, { parts, sizeBytes, lookups }: Costs) => {
    const byteLength = parts[section] ?? 0
    return [
      section,
      whole(byteLength),
      percent(byteLength / sizeBytes),
      fixed(3)(byteLength / spanCount),
      fixed(2)(byteLength / traceCount),
      seconds(secondsOf[section] ?? null),
      whole(lookups.present.parts[section] ?? 0),
      whole(lookups.absent.parts[section] ?? 0),
    ]
  }
  return {
    headers: ['part', 'bytes', 'share', 'B/span', 'B/trace', 'encode CPU s', 'lookup B', 'absent B'],
    aligns: ['left', ...new Array<'right'>(7).fill('right')],
    rows: costs ? sections.map(section => cells(section, costs)) : [],
  }
}

/** Charts by file name: bytes per span, and bytes that a lookup reads, by size of pages. */
export function drawBlocks(name: string, blocks: Blocks): Record<string, string> {
  const { spanCount } = blocks
  return {
    [`${name}-blocks-size.svg`]: draw(
      'Bytes per span by column_block_size',
      'B/span',
      blocks,
      costs => costs.sizeBytes / spanCount,
    ),
    [`${name}-blocks-lookup.svg`]: draw(
      'KiB read for a trace by id, by column_block_size',
      'KiB',
      blocks,
      costs => costs.lookups.present.bytes / 1024,
    ),
  }
}

/** The page of the measurement. */
export function renderBlocks(blocks: Blocks, charts: readonly string[]): string {
  return `${[
    '# Blockpack by page size, codec and index',
    ...blocks.notes,
    ...charts.map(chart => `![](${chart})`),
    '## Page size and codec',
    'Each row was proved by its round trip before it was timed; a lookup reads of a file that is open and cold.',
    printMarkdown(curveTable(blocks)),
    '## What each part costs',
    printMarkdown(taxTable(blocks)),
    printMarkdown(sectionTable(blocks)),
    sectionNote,
    ...problemsOf(blocks),
  ].join('\n\n')}\n`
}

/** What was not earned, a line each. */
export function problemsOf({ curves, taxed }: Blocks): string[] {
  return [...curves.flatMap(curve => curve.rows), ...taxed].flatMap(({ name, problem }) =>
    problem === null ? [] : [`${name}: ${problem}`],
  )
}

function costTable(rows: readonly BlockRow[], spanCount: number): TextTable {
  const headers = ['configuration', 'spans/group', 'B/span', 'encode CPU s', 'decode CPU s']
  const lookups = ['open B', 'steps', 'ranges', 'lookup B', 'absent ranges', 'absent B']
  return {
    headers: [...headers, ...lookups],
    aligns: ['left', ...new Array<'right'>(10).fill('right')],
    rows: rows.map(({ name, costs }) => [name, ...cellsOf(costs, spanCount)]),
  }
}

function cellsOf(costs: Costs | null, spanCount: number): string[] {
  if (!costs) return new Array<string>(10).fill(whole(null))
  const { present, absent, openBytes } = costs.lookups
  return [
    whole(costs.spansPerPageGroup),
    fixed(2)(costs.sizeBytes / spanCount),
    seconds(costs.encodeCpuSeconds),
    seconds(costs.decodeCpuSeconds),
    whole(openBytes),
    fixed(1)(present.roundTrips),
    fixed(1)(present.ranges),
    whole(present.bytes),
    fixed(1)(absent.ranges),
    whole(absent.bytes),
  ]
}

function draw(
  title: string,
  label: string,
  { title: subtitle, curves }: Blocks,
  value: (costs: Costs) => number,
): string {
  return drawLines({
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
