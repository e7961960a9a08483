import { search as searchSource } from '../../../traceql/answers/search.ts'
import { parseQuery } from '../../../traceql/engine/validate.ts'
import { legacyQuery } from '../legacy-query.ts'
import { answerMessage, bytesRead, type Route } from '../route.ts'
import { searchResponse } from '../tempopb.ts'

const maxLimit = 100_000

/** Searches by TraceQL (`q`), or by `tags`, `minDuration` and `maxDuration`. */
export const search: Route = {
  path: '/api/search',
  async answer(question) {
    const { parameters, source, limits } = question
    const query = parameters.text('q') === undefined ? parseQuery(legacyQuery(parameters)) : parameters.query()
    const { traces, metrics } = await searchSource(source, query, {
      ...limits,
      ...parameters.range(),
      limit: parameters.integer('limit', 1, maxLimit),
      spss: parameters.integer('spss', 0, maxLimit) || undefined,
    })
    const inspected = { ...metrics, inspectedBytes: bytesRead(question), completedJobs: 1, totalJobs: 1 }
    return answerMessage(searchResponse, { traces, metrics: inspected }, question)
  },
}
