import { expect, test } from 'vitest'
import { expectedBy, parseCases } from '../../../lib/conformance/case.ts'
import { readCases, topicNames } from '../../../lib/conformance/cases.ts'
import { sets } from '../../../lib/conformance/data/sets.ts'

const head = '@data gaps\n@source somebody\n\n'

test('a case has a reason, a request, what is expected, and what a profile expects instead', () => {
  const [one] = parseCases('t', `${head}why\n  search limit=2 start=-1s { .a }\n  spans named\n  tempo-3: spans -\n`)
  expect(one).toMatchObject({
    topic: 't',
    line: 4,
    why: 'why',
    source: 'somebody',
    data: 'gaps',
    request: { verb: 'search', parameters: { limit: '2', start: '-1s' }, query: '{ .a }' },
  })
  expect(expectedBy(one!, undefined).map(({ text }) => text)).toEqual(['named'])
  expect(expectedBy(one!, 'tempo-3').map(({ text }) => text)).toEqual(['-'])
})

test.each([
  ['why\n  search { }\n', 't, line 4: needs a request and what is expected'],
  ['why\n  find { }\n  spans -\n', 't, line 5: find: expected search, range, instant, tags'],
  ['why\n  search { }\n  span a\n', 't, line 4: span: expected one of spans, set'],
  ['why\n  search { }\n  spans nobody\n', 't, line 4: nobody: the set has no such trace'],
  ['why\n  search { }\n  spans mixed/nobody\n', 't, line 4: mixed/nobody: the trace has no such span'],
  ['why\n  range { } | rate()\n  series {a=1 2\n', 't, line 4: {a=1 2: expected {labels} and values'],
  ['why\nsearch { }\n', 't, line 5: expected an indented line'],
])('%s is refused with its line', (text, message) => {
  expect(() => parseCases('t', head + text)).toThrow(message)
})

test('no question is asked twice, every set is used, and each case says why', () => {
  const cases = readCases()
  const asked = cases.map(({ topic, data, text }) => `${topic} ${data} ${text}`)
  expect(asked.filter((text, i) => asked.indexOf(text) !== i)).toEqual([])
  const reasons = cases.map(({ topic, why }) => `${topic}: ${why}`)
  expect(reasons.filter((text, i) => reasons.indexOf(text) !== i)).toEqual([])
  expect([...new Set(cases.map(({ topic }) => topic))]).toEqual(topicNames())
  expect(cases.filter(({ data }) => sets[data] === undefined)).toEqual([])
})
