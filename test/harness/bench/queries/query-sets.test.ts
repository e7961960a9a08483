import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, matchedBy, usualTerms } from '../../../../harness/bench/queries/ask.ts'
import { builtInSet } from '../../../../harness/bench/queries/built-in.ts'
import { readQuerySet } from '../../../../harness/bench/queries/query-file.ts'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import { timeExtent } from '../../../../lib/traceql/engine/time-extent.ts'
import { generated } from '../../../lib/formats/blockpack/blocks.ts'
import { describeReference, readJson } from '../../../lib/traceql/references.ts'
import { labRejection } from '../../../support/errors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'query-sets-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('the built-in sets', () => {
  test('hold 22 searches and 21 metrics, the same kinds under the same names', () => {
    const [otel, tempo] = [builtInSet('otel').questions, builtInSet('tempo').questions]
    expect(otel.map(({ name, kind }) => [name, kind])).toEqual(tempo.map(({ name, kind }) => [name, kind]))
    const count = (kind: string) => otel.filter(question => question.kind === kind).length
    expect([count('search'), count('metrics'), count('compare')]).toEqual([22, 20, 1])
    expect(new Set(otel.map(({ name }) => name)).size).toBe(43)
    expect(otel.filter(({ expects }) => expects === 'none').map(({ name }) => name)).toEqual(
      otel.map(({ name }) => name).filter(name => name.includes('NoMatch')),
    )
    expect(tempo.every(({ expects }) => expects === undefined)).toBe(true)
  })

  test.each([1, 2, 3])('otel finds something with each query but those for nothing (small, seed %i)', async seed => {
    const source = keptSource(generated(100, seed))
    const { firstNanos, lastNanos } = (await timeExtent(source))!
    const range = { startNanos: `${firstNanos - 1n}`, endNanos: `${lastNanos}`, stepNanos: '60000000000' }
    for (const question of builtInSet('otel').questions) {
      const matched = matchedBy(await ask(source, question, { ...usualTerms, range }))
      expect(matched > 0, `${question.name} matches ${matched}`).toBe(question.expects === 'some')
    }
  })

  describeReference('beside the texts of the benchmarks', ['traceql/bench-queries.json'], () => {
    test('tempo is these texts', () => {
      const known = readJson('traceql/bench-queries.json') as {
        BenchmarkBackendBlockTraceQL: { cases: { name: string; query: string }[] }
        BenchmarkBackendBlockQueryRange: { vparquet4: string[]; vparquet5: string[] }
      }
      const { vparquet4, vparquet5 } = known.BenchmarkBackendBlockQueryRange
      const { questions } = builtInSet('tempo')
      expect(questions.slice(0, 22).map(({ name, text }) => ({ name, query: text }))).toEqual(
        known.BenchmarkBackendBlockTraceQL.cases,
      )
      const texts = questions.slice(22).map(({ text }) => text)
      expect(new Set(texts)).toEqual(new Set([...vparquet4, ...vparquet5]))
    })
  })
})

describe('a file of queries', () => {
  test('a query a line', async () => {
    const path = file('lines.txt', '\uFEFF// mine\n\n{ status = error }\r\n  // more\n  { } | rate()  \n')
    const { name, questions, range } = await readQuerySet(path)
    expect({ name, range }).toEqual({ name: 'lines.txt', range: {} })
    expect(questions).toEqual([
      { name: '{ status = error }', text: '{ status = error }', kind: 'search' },
      { name: '{ } | rate()', text: '  { } | rate()', kind: 'metrics' },
    ])
  })

  test('JSON in three shapes, with a range or without', async () => {
    const compare = '{ } | compare({ status = error })'
    const list = ['{ }', { query: compare }, { name: 'b', query: '({ } | rate()) / ({ } | rate())', more: 1 }]
    const kinds = [
      ['{ }', 'search'],
      [compare, 'compare'],
      ['b', 'metrics'],
    ]
    for (const [name, content, range] of [
      ['list.json', list, {}],
      ['list.txt', list, {}],
      ['object.txt', { queries: list }, {}],
      ['range.json', { start: '1656095775000000000', end: '1656096090000000000', stepNs: 6e10, queries: list }, {}],
      [
        'digits.json',
        `{ "start": 1656095775000000001, "queries": ${JSON.stringify(list)} }`,
        { startNanos: '1656095775000000001' },
      ],
    ] as const) {
      const set = await readQuerySet(file(name, typeof content === 'string' ? content : JSON.stringify(content)))
      expect(set.questions.map(question => [question.name, question.kind])).toEqual(kinds)
      if (name !== 'range.json') expect(set.range).toEqual(range)
      else
        expect(set.range).toEqual({
          startNanos: '1656095775000000000',
          endNanos: '1656096090000000000',
          stepNanos: '60000000000',
        })
    }
  })

  test('errors name the file and the place, and show it', async () => {
    const wrong: [name: string, content: string, kind: string, message: RegExp][] = [
      ['a.txt', '{ }\n\n{ status = }\n', 'usage', /a\.txt: line 3: traceql at line 1, column 12: /],
      [
        'a.json',
        '["{ }",\n\n {"name":"x","query":"{ } | rate("}]',
        'usage',
        /a\.json: line 3, x: traceql at line 1, column 12: /,
      ],
      ['b.json', '{ "queries": [ }', 'invalid', /b\.json: byte 15: /],
      ['c.json', '{ "queries": "{ }" }', 'invalid', /c\.json: byte 13: expected an array, found string/],
      ['d.json', '{ "queries": ["{ }"], "start": 1.5 }', 'invalid', /d\.json: byte 34: 1\.5 is no/],
      ['e.json', '["{ }"', 'truncated', /e\.json: byte 6: /],
      ['f.json', '[{ "name": "{ }" }]', 'invalid', /f\.json: byte 18: the field "query" is missing/],
      ['g.json', '["{ }"] 5', 'invalid', /g\.json: byte 8: more stands after the value/],
      ['empty.txt', '// nothing\n', 'invalid', /empty\.txt: holds no queries/],
      ['empty.json', '{}', 'invalid', /empty\.json: byte 2: the field "queries" is missing/],
    ]
    const said: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation(text => said.push(String(text)) > 0)
    for (const [name, content, kind, message] of wrong) {
      const refused = await labRejection(readQuerySet(file(name, content)))
      expect([refused.kind, refused.message]).toEqual([kind, expect.stringMatching(message)])
    }
    vi.restoreAllMocks()
    expect(said).toEqual([`{ status = }\n${' '.repeat(11)}^\n`, `{ } | rate(\n${' '.repeat(11)}^\n`])
    expect((await labRejection(readQuerySet('temo'))).message).toMatch(/^--queries temo: .* \(did you mean tempo\?\)$/)
  })
})
