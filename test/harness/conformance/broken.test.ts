import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { notRight } from '../../../harness/conformance/report.ts'
import type { Conformance } from '../../../harness/conformance/run.ts'
import { readCases } from '../../../lib/conformance/cases.ts'
import { type Passing, type Tamper, throughProxy } from './proxy.ts'
import { asked, pushed, startStore, urlOf } from './served.ts'

const all = readCases()
/** Some of each topic, those that the servers below break among them. */
const cases = all.filter((one, i) => i % 8 === 0 || /^(?:structure|nil|compare|quantiles|shop)/.test(one.topic))
let store: Awaited<ReturnType<typeof startStore>>
let data: Awaited<ReturnType<typeof pushed>>

beforeAll(async () => {
  store = await startStore()
  data = await pushed(all, urlOf(store.server.ports.otlpHttp))
})
afterAll(() => store.end())

function askThrough(tamper: Tamper, some = cases, timeoutMillis = 10_000): Promise<Conformance> {
  return throughProxy(urlOf(store.server.ports.query), tamper, query => asked(some, { ...data, query, timeoutMillis }))
}

/** The topics with answers that are not right, and the kinds of these. */
function found(result: Conformance): { topics: string[]; kinds: string[] } {
  const wrong = notRight(result)
  return {
    topics: [...new Set(wrong.map(({ case: one }) => one.topic))].sort(),
    kinds: [...new Set(wrong.map(({ verdict }) => verdict.kind))].sort(),
  }
}

/** The query without texts, names and filters of constants, in which operators are structure. */
const hasStructure = ({ query }: Passing) => /\}\)? *(?:[!&]?(?:>>?|<<?|~)) *\(?\{/.test(query)

test('a server that finds nothing by structure is found out in these topics, and only there', async () => {
  const result = await askThrough(passing => {
    if (passing.status === 200 && hasStructure(passing)) passing.body = '{"traces":[],"metrics":{}}'
    return undefined
  })
  expect(found(result)).toEqual({
    topics: ['structure', 'structure-negated', 'structure-odd', 'structure-union'],
    kinds: ['wrong'],
  })
  const { results } = result
  const missed = results.filter(({ case: one, verdict }) => one.topic === 'structure-union' && verdict.kind === 'right')
  expect(missed.map(({ case: one }) => one.expected[0]!.text)).toEqual(['-'])
})

test('a server that is off by an interval is found out by every topic of metrics over a range, and only there', async () => {
  const result = await askThrough(passing => {
    const times = [...passing.body.matchAll(/"timestampMs":"(\d+)"/g)].map(([, ms]) => Number(ms))
    const step = (times[1] ?? 0) - times[0]!
    passing.body = passing.body.replaceAll(/"timestampMs":"(\d+)"/g, (_, ms) => `"timestampMs":"${Number(ms) + step}"`)
    return undefined
  })
  const topics = ['compare', 'over-time', 'quantiles', 'rate', 'series-math', 'shop']
  expect(found(result)).toEqual({ topics, kinds: ['wrong'] })
})

test('a server to which nothing is nil is found out in this topic, and only there', async () => {
  const result = await askThrough(passing => {
    if (passing.status === 200 && /!?= nil|nil !?=/.test(passing.query)) passing.body = '{"traces":[]}'
    return undefined
  })
  expect(found(result)).toEqual({ topics: ['nil'], kinds: ['wrong'] })
})

test('a server that writes numbers of 64 bits as numbers is found out by the shape of its answers, and only there', async () => {
  const result = await askThrough(
    passing => {
      if (passing.path === '/api/search')
        passing.body = passing.body.replaceAll(/"durationNanos":"(\d+)"/g, '"durationNanos":$1')
      return undefined
    },
    all.filter(({ topic }) => topic === 'shape' || topic === 'values' || topic === 'trees'),
  )
  expect(found(result)).toEqual({ topics: ['shape'], kinds: ['wrong'] })
})

const nil = all.filter(({ topic }) => topic === 'nil')
/** The requests of cases; those before them wait for the data, and must pass. */
const ofCases = ({ query }: Passing) => /&&/.test(query)

test('a slow server is slow, not wrong', async () => {
  const slow: Tamper = async passing => {
    if (ofCases(passing) && passing.query.includes('span.n')) await sleep(600)
    return undefined
  }
  const result = await askThrough(slow, nil, 400)
  expect(found(result)).toEqual({ topics: ['nil'], kinds: ['slow'] })
  expect(notRight(result)[0]!.verdict.detail).toBe('no answer within 400 ms')
  expect(notRight(result).length).toBeLessThan(nil.length / 2)
})

test('a dropped connection is dropped, not wrong: at once, and in the middle of an answer', async () => {
  const result = await askThrough((passing, response) => {
    if (!ofCases(passing)) return undefined
    if (passing.query.includes('event'))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{')
    setTimeout(() => response.destroy(), 10)
    return false
  }, nil)
  expect(found(result).kinds).toEqual(['dropped'])
})

test.each([
  ['a login page', 200, 'text/html', '<!doctype html><title>Log in</title>'],
  ['the page of a proxy', 502, 'text/html', '<html><body>Bad Gateway</body></html>'],
  ['a page that calls itself JSON', 200, 'application/json', '<!doctype html><p>hello'],
  ['JSON that is cut', 200, 'application/json', '{"traces":['],
])('%s is html, not wrong', async (_, status, type, body) => {
  const result = await askThrough(passing => {
    if (ofCases(passing)) Object.assign(passing, { status, type, body })
    return undefined
  }, nil)
  expect(found(result).kinds).toEqual(['html'])
})

test('data of another tenant is foreign, not wrong', async () => {
  const stranger = '{"traceID":"abcdef","spanSets":[{"spans":[{"spanID":"0000000000000001"}],"matched":1}]}'
  const result = await askThrough(passing => {
    if (ofCases(passing)) passing.body = passing.body.replace('"traces":[', `"traces":[${stranger},`).replace(',]', ']')
    return undefined
  }, nil)
  expect(found(result).kinds).toEqual(['foreign'])
})

test('metrics and values in which the data of another tenant counts are foreign, too', async () => {
  const some = all.filter(({ topic }) => topic === 'instant' || topic === 'tag-values-types')
  const result = await askThrough(passing => {
    passing.body = passing.body.replace(/"tagValues":\[/, '"tagValues":[{"type":"string","value":"stranger"},')
    if (passing.path === '/api/metrics/query')
      passing.body = passing.body
        .replace(/"series":\[(?=.)/, '"series":[{"labels":[{"key":"x","value":{"stringValue":"stranger"}}],"value":5},')
        .replace(',]', ']')
    return undefined
  }, some)
  expect(found(result).kinds).toEqual(['foreign'])
})

test('an error is refused, the word of the server that it cannot is unsupported, and an answer where an error is due is wrong', async () => {
  const some = [...nil, ...all.filter(({ topic }) => topic === 'type-errors')]
  const result = await askThrough(passing => {
    if (/event[.:]/.test(passing.query)) Object.assign(passing, { status: 500, type: 'text/plain', body: 'oops' })
    else if (ofCases(passing) && passing.query.includes('span.n'))
      Object.assign(passing, { status: 400, type: 'text/plain', body: 'nil is not supported' })
    else if (passing.status === 400)
      Object.assign(passing, { status: 200, type: 'application/json', body: '{"traces":[]}' })
    return undefined
  }, some)
  const kindsOf = (topic: string) =>
    new Set(
      notRight(result)
        .filter(one => one.case.topic === topic)
        .map(one => one.verdict.kind),
    )
  expect(kindsOf('nil')).toEqual(new Set(['refused', 'unsupported']))
  expect(kindsOf('type-errors')).toEqual(new Set(['wrong']))
})

test('a server that has nothing of what was pushed is an error that says so', async () => {
  const empty: Tamper = passing => {
    Object.assign(passing, { status: 401, type: 'text/plain', body: 'no org id' })
    return undefined
  }
  await expect(askThrough(empty, nil)).rejects.toThrow(
    '--query: what was pushed cannot be found: of the set gaps 0 of 11 traces were found: 401, no org id',
  )
})
