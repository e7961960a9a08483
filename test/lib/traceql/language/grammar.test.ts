import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { maxSteps } from '../../../../lib/regex/program.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { typeOfField } from '../../../../lib/traceql/engine/validate-types.ts'
import type { Query } from '../../../../lib/traceql/language/ast.ts'
import {
  maxChildFields,
  maxChildValues,
  maxCompareTop,
  maxFields,
  maxGroupFields,
  maxGroupStages,
  maxPipelines,
  maxPoints,
  maxQuantiles,
  maxSeriesStages,
} from '../../../../lib/traceql/language/limits.ts'
import { maxByteLength, parse } from '../../../../lib/traceql/language/parser.ts'
import { maxDepth, maxHeight } from '../../../../lib/traceql/language/parser-cursor.ts'
import { maxIntervals } from '../../../../lib/traceql/metrics/intervals.ts'

const text = readFileSync(new URL('../../../../lib/traceql/GRAMMAR.md', import.meta.url), 'utf8')

/** The rows of the table of intrinsics: names, type, other spellings of theirs. */
const rows = text
  .slice(text.indexOf('## Intrinsics'), text.indexOf('## Types'))
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|').map(cell => cell.trim()))
  .flatMap(([, names, type, also]) => {
    return [...names!.matchAll(/`([^`]+)`/g)].map(name => ({
      name: name[1]!,
      type: type!,
      also: also!.replaceAll('`', ''),
    }))
  })

function fieldOf(name: string) {
  const query = parse(`select(${name})`) as Query & { kind: 'search' }
  const [select] = query.pipeline.stages
  if (select?.kind !== 'select') throw new Error(name)
  return select.fields[0]!
}

describe('GRAMMAR.md', () => {
  test('lists all intrinsics', () => {
    expect(rows).toHaveLength(21)
  })

  test.each(rows)('$name', ({ name, type, also }) => {
    const field = fieldOf(name)
    expect(field).toMatchObject({ kind: 'intrinsic', name })
    expect(typeOfField(field)).toBe(type)
    if (also !== '') expect(fieldOf(also)).toMatchObject({ kind: 'intrinsic', name })
    expect(() => parseQuery(`{ ${also || name} != nil }`)).not.toThrow()
  })

  test('states the limits', () => {
    const counts = [maxByteLength, maxSteps, maxHeight, maxCompareTop, maxChildValues, maxPoints, maxIntervals]
    const numbers = counts.map(limit => limit.toLocaleString('en'))
    for (const number of [...numbers, `at most ${maxDepth} deep`, `more than ${maxGroupFields} fields`])
      expect(text).toContain(number)
    const multiplied = [
      `${maxFields} different attributes`,
      `${maxGroupStages} stages \`by\``,
      `${maxQuantiles} quantiles`,
      `${maxPipelines} pipelines`,
      `${maxSeriesStages} comparisons`,
      `${maxChildFields} fields of events`,
    ]
    for (const limit of multiplied) expect(text).toContain(limit)
  })
})
