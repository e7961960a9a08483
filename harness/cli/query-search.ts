import { type SearchAnswer, search } from '../../lib/traceql/answers/search.ts'
import type { Query } from '../../lib/traceql/language/ast.ts'
import { leftOutJson } from '../open/left-out.ts'
import { bytesRead, type SearchSource } from '../open/search-source.ts'
import { plural } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { explanationJson, explanationPage } from '../view/explanation.ts'
import { searchTable } from '../view/search-table.ts'
import type { Answer } from './show.ts'

export interface SearchArguments {
  query: string | undefined
  start?: bigint | undefined
  end?: bigint | undefined
  limit?: number | undefined
  spss?: number | undefined
  explain: boolean
}

/** The answer to a search; as JSON in the shape of Tempo's API. */
export async function answerSearch(opened: SearchSource, query: Query, args: SearchArguments): Promise<Answer> {
  const { start, end, limit = 20, spss } = args
  const { source, workers } = opened
  const found = await search(source, query, { startNanos: start, endNanos: end, limit, spss, workers })
  return { page: () => pageOf(found, opened, { ...args, limit }), json: () => toJson(found, opened, args) }
}

function toJson({ traces, metrics, explain }: SearchAnswer, { files, leftOut }: SearchSource, args: SearchArguments) {
  const answer = { traces, metrics: { ...metrics, inspectedBytes: String(bytesRead(files)) }, ...leftOutJson(leftOut) }
  return args.explain ? { ...answer, explain: explanationJson([explain], files) } : answer
}

function pageOf(found: SearchAnswer, { files }: SearchSource, args: SearchArguments & { limit: number }): Page {
  const { traces, metrics, explain } = found
  const isCut = traces.length >= args.limit
  return [
    searchTable(traces),
    `${isCut ? `the limit of ${plural(traces.length, 'trace')} is reached, there may be more` : `${plural(traces.length, 'trace')} found`}; ` +
      `looked at ${plural(metrics.inspectedTraces, 'trace')} and ${plural(Number(metrics.inspectedSpans), 'span')}`,
    ...(args.explain ? ['', ...explanationPage([explain], files)] : []),
  ]
}
