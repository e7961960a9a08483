import { tagValues as valuesOf } from '../../../traceql/answers/tags.ts'
import { parseFieldName } from '../../../traceql/engine/validate.ts'
import type { Field } from '../../../traceql/language/ast.ts'
import { unscopedIntrinsics } from '../../../traceql/language/parser-statics.ts'
import { answerMessage, bytesRead, type Question, type Route } from '../route.ts'
import { tagValuesResponse, tagValuesV2Response } from '../tempopb.ts'

const defaultLimit = 5_000

/** The values of a name without its scope, as texts. */
export const tagValues: Route = {
  path: '/api/search/tag/:name/values',
  async answer(question) {
    const found = await read(question, unscopedField(question.path.name!))
    const tagValues = [...new Set(found.map(({ value }) => value))]
    return answerMessage(tagValuesResponse, { tagValues, metrics: { inspectedBytes: bytesRead(question) } }, question)
  },
}

/** The values of a name as TraceQL writes it, with their types. */
export const tagValuesV2: Route = {
  path: '/api/v2/search/tag/:name/values',
  async answer(question) {
    const tagValues = await read(question, parseFieldName(question.path.name!))
    return answerMessage(tagValuesV2Response, { tagValues, metrics: { inspectedBytes: bytesRead(question) } }, question)
  },
}

function read({ source, parameters, limits }: Question, field: Field) {
  const limit = parameters.integer('limit', 0, 1e6) || defaultLimit
  return valuesOf(source, field, { ...limits, filter: parameters.filter(), limit })
}

/** An intrinsic by its name, else an attribute of any scope. */
function unscopedField(name: string): Field {
  const isIntrinsic = unscopedIntrinsics.has(name)
  return isIntrinsic
    ? parseFieldName(name)
    : { kind: 'attribute', scope: 'any', name, ofParent: false, start: 0, end: 0 }
}
