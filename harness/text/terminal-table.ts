import { styleText } from 'node:util'
import { clean } from './names.ts'
import type { Screen } from './screen.ts'
import { linesOf, type Table } from './table.ts'
import { cut, fill, widthOf } from './width.ts'

const margin = ' '
const gap = '  '
/** A column of texts is cut to this before another is left out. */
const minTextWidth = 12

/** A column that is shown. */
interface Shown {
  index: number
  width: number
}

/** For a terminal: rules above, below and under the head. Lines are as long as the screen is wide at most. */
export function printTerminal(table: Table, screen: Screen): string {
  const { head, rows, foot } = drawingLike(table, screen)
  return [...head, ...rows(table), ...foot].join('\n')
}

/** How tables are drawn whose columns are those of one table, and as wide: the lines of their parts. */
interface Drawing {
  head: readonly string[]
  rows(table: Table): string[]
  foot: readonly string[]
}

/** Draws tables like this one, whose rows need not be known yet. */
export function drawingLike(table: Table, { width = Number.POSITIVE_INFINITY, hasColors }: Screen): Drawing {
  const cellsOf = (table: Table) => linesOf(table).map(row => row.map(lines => lines.map(clean)))
  const shown = chooseColumns(table, cellsOf(table), width - 2 * margin.length)
  const line = (texts: readonly string[]) => {
    const padded = shown.map(({ index, width }, i) => fill(texts[i]!, width, table.columns[index]!.align))
    return margin + padded.join(gap) + margin
  }
  const rule = '─'.repeat(2 * margin.length + lineWidth(shown.map(column => column.width)))
  return {
    head: [rule, line(shown.map(({ index }) => table.columns[index]!.header)), rule],
    rows: table => cellsOf(table).flatMap(row => rowLines(row, shown).map(line)),
    foot: [rule, ...leftOut(table, shown, width, hasColors)],
  }
}

/** The lines of a row: as many as its highest cell has. */
function rowLines(row: readonly (readonly string[])[], shown: readonly Shown[]): string[][] {
  const height = Math.max(1, ...shown.map(({ index }) => row[index]!.length))
  return Array.from({ length: height }, (_, i) => shown.map(({ index }) => row[index]![i] ?? ''))
}

/** The columns that there is room for: texts are cut and, where that does not do, columns left out. */
function chooseColumns({ columns }: Table, cells: readonly (readonly (readonly string[])[])[], room: number): Shown[] {
  const widths = columns.map(({ header, maxWidth = Number.POSITIVE_INFINITY }, i) =>
    Math.min(maxWidth, maxOf([header, ...cells.flatMap(row => row[i]!)].map(widthOf))),
  )
  const isCut = columns.map(({ isWhole }) => !isWhole)
  const widthsIn = (shown: readonly number[], cap: number) =>
    shown.map(i => (isCut[i] ? Math.min(widths[i]!, cap) : widths[i]!))
  const shown = [...columns.keys()]
  while (shown.length > 1 && lineWidth(widthsIn(shown, minTextWidth)) > room) shown.splice(leastOf(shown, columns), 1)
  let cap = maxOf(widths)
  while (cap > minTextWidth && lineWidth(widthsIn(shown, cap)) > room) cap--
  return widthsIn(shown, cap).map((width, i) => ({ index: shown[i]!, width: Math.min(width, room) }))
}

/** The place of the column that is left out first; never the first one, which names the row. */
function leastOf(shown: readonly number[], columns: Table['columns']): number {
  let least = 1
  for (let i = 2; i < shown.length; i++) if (columns[shown[i]!]!.keep <= columns[shown[least]!]!.keep) least = i
  return least
}

function leftOut({ columns }: Table, shown: readonly Shown[], width: number, hasColors: boolean): string[] {
  const names = columns.filter((_, i) => !shown.some(({ index }) => index === i)).map(({ header }) => header)
  if (names.length === 0) return []
  const line = cut(`not shown: ${names.join(', ')} (a wider terminal or --format csv shows them)`, width)
  return [hasColors ? styleText('dim', line, { validateStream: false }) : line]
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1))
}

function maxOf(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value), 0)
}
