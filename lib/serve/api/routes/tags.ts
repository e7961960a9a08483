import { type TagScope, tagNames } from '../../../traceql/answers/tags.ts'
import type { Parameters } from '../parameters.ts'
import { answerMessage, bytesRead, type Question, type Route } from '../route.ts'
import { tagsResponse, tagsV2Response } from '../tempopb.ts'

const scopes = ['resource', 'span', 'event', 'link', 'instrumentation', 'intrinsic', 'none'] as const

/** The names that can be asked for, without their scopes. */
export const tags: Route = {
  path: '/api/search/tags',
  async answer(question) {
    const scope = scopeOf(question.parameters)
    const found = await namesOf(question)
    const names = found.filter(({ name }) => scope !== undefined || name !== 'intrinsic').flatMap(one => one.tags)
    const tagNames = firstOf([...new Set(names)].sort(), question.parameters)
    return answerMessage(tagsResponse, { tagNames, metrics: { inspectedBytes: bytesRead(question) } }, question)
  },
}

/** The names that can be asked for, by scope. */
export const tagsV2: Route = {
  path: '/api/v2/search/tags',
  async answer(question) {
    const found = await namesOf(question)
    const scopes = found.map(({ name, tags }) => ({ name, tags: firstOf(tags, question.parameters) }))
    return answerMessage(tagsV2Response, { scopes, metrics: { inspectedBytes: bytesRead(question) } }, question)
  },
}

function namesOf({ source, parameters, limits }: Question) {
  return tagNames(source, { ...limits, scope: scopeOf(parameters), filter: parameters.filter() })
}

function scopeOf(parameters: Parameters): TagScope | undefined {
  const scope = parameters.oneOf('scope', scopes)
  return scope === 'none' ? undefined : scope
}

function firstOf(names: readonly string[], parameters: Parameters): readonly string[] {
  const limit = parameters.integer('limit', 0, 1e9) ?? 0
  return limit === 0 ? names : names.slice(0, limit)
}
