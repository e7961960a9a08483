import { clean } from './names.ts'
import type { Screen } from './screen.ts'
import { linesOf, type Table, valuesOf } from './table.ts'
import { printTerminal } from './terminal-table.ts'

/** What a command answers: tables, and lines of text between them. */
export type Page = readonly (string | Table)[]

/** How tables can be printed. Programs get the values themselves, and no lines between tables. */
export const tableFormats = ['table', 'markdown', 'csv', 'json'] as const
export type TableFormat = (typeof tableFormats)[number]

/** The page in a format. A table without rows is for programs only: for people there are words beside it. */
export function printPage(page: Page, format: TableFormat, screen: Screen): string {
  const tables = page.filter(part => typeof part !== 'string')
  if (format === 'csv') return tables.map(printCsv).join('\r\n')
  if (format === 'json') return `${JSON.stringify(toJson(tables), null, 2)}\n`
  const shown = page.filter(part => typeof part === 'string' || part.rows.length > 0)
  return format === 'markdown' ? printMarkdownPage(shown) : printTerminalPage(shown, screen)
}

/** A page of Markdown. */
export function printMarkdownPage(page: Page): string {
  const parts = page.map(part => (typeof part === 'string' ? part.trim() : printMarkdown(part)))
  return `${parts.join('\n\n')}\n`
}

function printTerminalPage(page: Page, screen: Screen): string {
  return page.map(part => `${typeof part === 'string' ? part : printTerminal(part, screen)}\n`).join('')
}

/** Markdown with padded cells, which also reads well as it is. */
export function printMarkdown(table: Table): string {
  const { columns } = table
  const cellOf = (lines: readonly string[]) => lines.map(clean).join('<br>').replaceAll('|', '\\|')
  const cells = linesOf(table).map(row =>
    row.map((lines, i) => (columns[i]!.isCode ? `\`\`\` ${cellOf(lines)} \`\`\`` : cellOf(lines))),
  )
  const heads = columns.map(({ header }) => cellOf([header]))
  const widths = heads.map((head, i) => Math.max(3, head.length, ...cells.map(row => row[i]!.length)))
  const isRight = columns.map(({ align }) => align === 'right')
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (isRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (isRight[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [heads, rule, ...cells].map(line).join('\n')
}

/** Comma-separated values by RFC 4180: a head, lines that end with CRLF, quotes where they are needed. */
function printCsv({ columns, rows }: Table): string {
  const field = (value: unknown) => {
    const text = value === null ? '' : Array.isArray(value) ? value.join('\n') : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = [columns.map(({ header }) => header), ...rows.map(valuesOf)]
  return lines.map(line => `${line.map(field).join(',')}\r\n`).join('')
}

/** The rows of one table as objects; of several by their names. */
function toJson(tables: readonly Table[]): unknown {
  const rowsOf = ({ columns, rows }: Table) =>
    rows.map(row => Object.fromEntries(valuesOf(row).map((value, i) => [columns[i]!.header, value])))
  return tables.length === 1 ? rowsOf(tables[0]!) : Object.fromEntries(tables.map(table => [table.name, rowsOf(table)]))
}
