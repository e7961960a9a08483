import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { LabError, withSubject } from '../../lib/error.ts'
import { hint } from '../../lib/nearest.ts'
import { builtInNames, builtInSet } from './built-in.ts'
import { type QuerySet, type Question, questionOf } from './query-set.ts'

/** The set of a name, or of a file that is so called. Fails with `usage` where there is neither, or a text is wrong. */
export async function readQuerySet(given: string): Promise<QuerySet> {
  const name = builtInNames.find(name => name === given)
  if (name !== undefined) return builtInSet(name)
  const text = await readFile(given, 'utf8').catch(() => {
    const sets = `--queries ${given}: no such file, or not readable; there are the sets ${builtInNames.join(' and ')}`
    throw new LabError('usage', `${sets}${hint(given, builtInNames)}`)
  })
  const set = isJson(given, text) ? parseJsonSet(given, text) : parseLines(given, text)
  if (set.questions.length === 0) throw new LabError('usage', `${given}: holds no queries`)
  return set
}

/** By its name, or by a beginning that no query has: a list, or an object with a key. */
function isJson(path: string, text: string): boolean {
  return path.endsWith('.json') || /^\s*(\[|\{\s*"([^"\\]|\\.)*"\s*:)/.test(text)
}

/** A query a line, but for blank lines and those that begin with `//`. */
function parseLines(path: string, text: string): QuerySet {
  const questions = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, i): Question[] => {
      const query = line.trimEnd()
      if (query === '' || query.trimStart().startsWith('//')) return []
      return [named(`${path}: line ${i + 1}`, () => questionOf({ text: query }))]
    })
  return { name: path, questions, range: {} }
}

const nanos = z
  .union([z.string().regex(/^\d{1,19}$/, 'needs ns as digits'), z.number().int().nonnegative()])
  .transform(String)
const item = z.union([z.string(), z.object({ name: z.string().optional(), query: z.string() })])
const list = z.array(item)
const file = z.union([
  list.transform(queries => ({ queries, start: undefined, end: undefined, stepNs: undefined })),
  z.object({ queries: list, start: nanos.optional(), end: nanos.optional(), stepNs: nanos.optional() }),
])

/** An array of texts or of `{ name, query }`, or an object that has it as `queries`, with `start`, `end`, `stepNs`. */
function parseJsonSet(path: string, text: string): QuerySet {
  const result = file.safeParse(parseJson(path, text))
  if (!result.success)
    throw new LabError(
      'usage',
      `${path}: needs an array of queries, as texts or { name, query }, or an object with it as "queries", and "start",` +
        ' "end" and "stepNs" (ns; beyond 2^53 as text) or none of them',
    )
  const { queries, start, end, stepNs } = result.data
  const questions = queries.map((one, i) => {
    const { name, query } = typeof one === 'string' ? { name: undefined, query: one } : one
    const subject = `${path}: query ${i + 1}${name === undefined ? '' : ` (${name})`}`
    return named(subject, () => questionOf({ name, text: query }))
  })
  const range = {
    ...(start === undefined ? {} : { startNanos: start }),
    ...(end === undefined ? {} : { endNanos: end }),
    ...(stepNs === undefined ? {} : { stepNanos: stepNs }),
  }
  return { name: path, questions, range }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError('usage', `${path}: ${(cause as Error).message}`, { cause })
  }
}

function named<T>(subject: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw withSubject(subject, error)
  }
}
