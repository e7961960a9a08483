import { LabError } from '../../lib/error.ts'
import { parseQuery } from '../../lib/traceql/engine/validate.ts'
import type { Query } from '../../lib/traceql/language/ast.ts'
import { caretLines } from '../../lib/traceql/language/parser-error.ts'

/** The query of a text. What is wrong with it is a wrong call, and shown at its place on standard error. */
export function readQuery(text: string): Query {
  try {
    return parseQuery(text)
  } catch (error) {
    const shown = caretLines(text, error)
    if (shown !== undefined) process.stderr.write(`${shown}\n`)
    throw asUsage(error)
  }
}

/** The search of a text, as filters are; undefined where there is none. */
export function readFilter(flag: string, text: string | undefined): Query | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const query = readQuery(text)
  if (query.kind === 'search') return query
  throw new LabError('usage', `--${flag} ${text}: needs a search, such as '{ status = error }'`)
}

/** What is wrong with a question, as a wrong call; other errors as they are. */
export function asUsage(error: unknown): unknown {
  if (!(error instanceof LabError) || (error.kind !== 'invalid' && error.kind !== 'unsupported')) return error
  return new LabError('usage', error.message, { cause: error.cause })
}
