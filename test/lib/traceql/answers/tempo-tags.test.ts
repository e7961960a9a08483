import { beforeAll, describe, expect, test } from 'vitest'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import { type TagScope, type TagValue, tagNames, tagValues } from '../../../../lib/traceql/answers/tags.ts'
import { parseFieldName } from '../../../../lib/traceql/engine/validate.ts'
import { kindNames, statusNames } from '../../../../lib/traceql/language/fields.ts'
import { describeReference, readJson, readTraces, referencePath } from '../references.ts'

/** vParquet5 lists no event attribute that has a column of its own. */
const missingInVersion5 = 'event-dedicated.01'

const typeNames = {
  string: 'TypeString',
  int: 'TypeInt',
  float: 'TypeFloat',
  bool: 'TypeBoolean',
  duration: 'TypeDuration',
  keyword: 'TypeInt',
}

/** As the reference writes it: keywords as their numbers. */
function valueText({ type, value }: TagValue, name: string): string {
  const keywords: readonly string[] = name === 'kind' ? kindNames : statusNames
  return `${typeNames[type]}:${type === 'keyword' ? keywords.indexOf(value) : value}`
}

/** Tempo takes a parent id of 8 zero bytes for a parent, so that traces of such a root have no name: by list, what they have. */
const zeroParents: Readonly<Record<string, string>> = {
  'search values:rootName': 'TypeString:test',
  'search values:rootServiceName': 'TypeString:test-service',
}

describe.each([
  ['search', 'vParquet4'],
  ['search', 'vParquet5'],
  ['demo-blob', 'vParquet4'],
])('the tags that Tempo listed of %s, %s', (folder, version) => {
  const input = `tempo-blocks/${folder}/traces.otlp.jsonl.gz`
  const answersFile = `tempo-blocks/${folder}/answers-tags-${version}.json`
  describeReference('every list', [input, answersFile], () => {
    let source: SpanSource
    beforeAll(async () => {
      source = keptSource(await readTraces(referencePath(input)), { batchSpanCount: 1000 })
    })
    const answers = Object.entries(readJson(answersFile) as Record<string, string[] | Record<string, string[]>>)
    const isKnown = (text: string): boolean => version === 'vParquet4' || !text.includes(missingInVersion5)

    test.each(answers.filter(([question]) => question.startsWith('tags:')))('%s', async (question, answer) => {
      const scope = question.slice('tags:'.length)
      const names = await tagNames(source, scope === 'none' ? {} : { scope: scope as TagScope })
      const attributes = names.filter(({ name }) => name !== 'intrinsic')
      expect(Object.fromEntries(attributes.map(({ name, tags }) => [name, tags.filter(isKnown)]))).toEqual(
        Object.fromEntries(Object.entries(answer).map(([name, tags]) => [name, [...tags].sort()])),
      )
    })

    test.each(answers.filter(([question]) => question.startsWith('values:')))('%s', async (question, answer) => {
      const name = question.slice('values:'.length)
      const values = await tagValues(source, parseFieldName(name))
      const named = zeroParents[`${folder} ${question}`]
      const truth = (answer as string[]).map(text => (named && text === 'TypeString:' ? named : text))
      const expected = isKnown(name) ? truth : ['TypeString:event-1a']
      expect(values.map(value => valueText(value, name)).sort()).toEqual([...expected].sort())
    })
  })
})
