import { type SearchAnswer, search } from '../../lib/traceql/answers/search.ts'
import type { Query } from '../../lib/traceql/language/ast.ts'
import { leftOutJson } from '../open/left-out.ts'
import { bytesRead, type SearchSource } from '../open/search-source.ts'
import { plural } from '../text/format.ts'
import { printTerminal } from '../text/table.ts'
import { explanationJson, printExplanation } from '../view/explanation.ts'
import { searchTable } from '../view/search-table.ts'

export interface SearchArguments {
  query: string | undefined
  start?: bigint | undefined
  end?: bigint | undefined
  limit?: number | undefined
  spss?: number | undefined
  json: boolean
  explain: boolean
}

/** The answer to a search as text: a table, or JSON in the shape of Tempo's API. */
export async function answerSearch(opened: SearchSource, query: Query, args: SearchArguments): Promise<string> {
  const { start, end, limit = 20, spss, json } = args
  const found = await search(opened.source, query, { startNanos: start, endNanos: end, limit, spss })
  return json ? printJson(found, opened, args) : printText(found, opened, { ...args, limit })
}

function printJson(
  { traces, metrics, explain }: SearchAnswer,
  { files, leftOut }: SearchSource,
  args: SearchArguments,
): string {
  const answer = { traces, metrics: { ...metrics, inspectedBytes: String(bytesRead(files)) }, ...leftOutJson(leftOut) }
  return JSON.stringify(args.explain ? { ...answer, explain: explanationJson([explain], files) } : answer, null, 2)
}

function printText(found: SearchAnswer, { files }: SearchSource, args: SearchArguments & { limit: number }): string {
  const { traces, metrics, explain } = found
  const isCut = traces.length >= args.limit
  const lines = [
    ...(traces.length > 0 ? [printTerminal(searchTable(traces))] : []),
    `${isCut ? `the limit of ${plural(traces.length, 'trace')} is reached, there may be more` : `${plural(traces.length, 'trace')} found`}; ` +
      `looked at ${plural(metrics.inspectedTraces, 'trace')} and ${plural(Number(metrics.inspectedSpans), 'span')}`,
  ]
  if (args.explain) lines.push('', printExplanation([explain], files))
  return lines.join('\n')
}
