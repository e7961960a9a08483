import Table from 'cli-table3'

/** A table as text: what stands in each cell is final. */
export interface TextTable {
  headers: readonly string[]
  aligns: readonly ('left' | 'right')[]
  rows: readonly (readonly string[])[]
}

/** For a terminal: rules above, below and under the head, no others. */
export function printTerminal({ headers, aligns, rows }: TextTable): string {
  const table = new Table({
    head: [...headers],
    colAligns: [...aligns],
    style: { head: [], border: [], compact: true },
    chars: {
      top: '─',
      'top-mid': '─',
      'top-left': '',
      'top-right': '',
      bottom: '─',
      'bottom-mid': '─',
      'bottom-left': '',
      'bottom-right': '',
      mid: '─',
      'mid-mid': '─',
      'left-mid': '',
      'right-mid': '',
      left: '',
      right: '',
      middle: ' ',
    },
  })
  for (const row of rows) table.push([...row])
  return table.toString()
}

/** For a report: Markdown with padded cells, which also reads well as it is. */
export function printMarkdown({ headers, aligns, rows }: TextTable): string {
  const escaped = [headers, ...rows].map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const widths = headers.map((_, column) => Math.max(3, ...escaped.map(row => row[column]!.length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (aligns[i] === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (aligns[i] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(escaped[0]!), line(rule), ...escaped.slice(1).map(line)].join('\n')
}
