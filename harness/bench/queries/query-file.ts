import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { LabError, naming } from '../../../lib/error.ts'
import { hint } from '../../../lib/nearest.ts'
import type { QuerySet, Question } from '../../runs/query-bench-schema.ts'
import { builtInNames, builtInSet } from './built-in.ts'
import { parseJsonQueries } from './query-json.ts'
import { questionOf } from './query-set.ts'

/** The set of a name, or of a file that is so called. Fails with `usage` where there is neither, or a text is
 * no query. */
export async function readQuerySet(given: string): Promise<QuerySet> {
  const name = builtInNames.find(name => name === given)
  if (name !== undefined) return builtInSet(name)
  const text = await readFile(given, 'utf8').catch(() => {
    const sets = `--queries ${given}: no such file, or not readable; there are the sets ${builtInNames.join(' and ')}`
    throw new LabError('usage', `${sets}${hint(given, builtInNames)}`)
  })
  return naming(given, () => {
    const set = isJson(given, text) ? parseJsonQueries(text) : { questions: parseLines(text), range: {} }
    if (set.questions.length === 0) throw new LabError('invalid', 'holds no queries')
    return { name: basename(given), ...set }
  })
}

/** By its name, or by a beginning that no query has: a list, or an object with a key. */
function isJson(path: string, text: string): boolean {
  return path.endsWith('.json') || /^\s*(\[|\{\s*"([^"\\]|\\.)*"\s*:)/.test(text)
}

/** A query a line, but for blank lines and those that begin with `//`. */
function parseLines(text: string): Question[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  return lines.flatMap((line, i): Question[] => {
    const query = line.trimEnd()
    if (query === '' || query.trimStart().startsWith('//')) return []
    return [naming(`line ${i + 1}`, () => questionOf({ text: query }))]
  })
}
