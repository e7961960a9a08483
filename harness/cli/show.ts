import { LabError } from '../../lib/error.ts'
import { type Page, printPage, type TableFormat, tableFormats } from '../text/page.ts'
import { screenOf } from '../text/screen.ts'
import { choice } from './options.ts'

/** What a command found out: a page for people, and where that has another shape, the same for a program. */
export interface Answer {
  page(format: TableFormat): Page
  json?(): unknown
}

/** How a command prints its tables. */
export const tableFlag = { format: choice('format', tableFormats, 'how tables are printed (default table)') } as const

export interface TableArguments {
  format?: string | undefined
  json?: boolean | undefined
}

/** A flag `--json` of before there was `--format json`, and the same. */
export function jsonFlag(describe: string) {
  return { json: { type: 'boolean', default: false, describe: `${describe}; as --format json` } } as const
}

/** The format that is asked for: `table` where none is. A name of an input's format is none. */
export function tableFormatOf({ format: name, json }: TableArguments): TableFormat {
  const format = tableFormats.find(known => known === name)
  if (json && format !== undefined && format !== 'json')
    throw new LabError('usage', `--json: does not go with --format ${format}`)
  return json ? 'json' : (format ?? 'table')
}

/** Prints to standard output; for programs only the data, and what is said beside it to standard error. */
export function show(answer: Answer, format: TableFormat): void {
  if (format === 'json' && answer.json) return void process.stdout.write(`${JSON.stringify(answer.json(), null, 2)}\n`)
  const page = answer.page(format)
  process.stdout.write(printPage(page, format, screenOf(process.stdout)))
  if (format === 'table' || format === 'markdown') return
  for (const part of page) if (typeof part === 'string' && part !== '') process.stderr.write(`${part.trim()}\n`)
}
