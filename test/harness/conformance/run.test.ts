import { afterAll, beforeAll, expect, test } from 'vitest'
import { countTopics, notRight } from '../../../harness/conformance/report.ts'
import { readCases } from '../../../lib/conformance/cases.ts'
import { asked, problemsOf, pushed, startStore, urlOf } from './served.ts'

const cases = readCases()
let store: Awaited<ReturnType<typeof startStore>>
let data: Awaited<ReturnType<typeof pushed>>
let query: string

beforeAll(async () => {
  store = await startStore()
  const { ports } = store.server
  query = urlOf(ports.query)
  data = await pushed(cases, urlOf(ports.otlpHttp))
})
afterAll(() => store.end())

test('serve answers every case right, of recent spans', async () => {
  const found = await asked(cases, { ...data, query })
  expect(problemsOf(found)).toEqual([])
  expect(countTopics(found.results).at(-1)).toMatchObject({ topic: 'all', cases: cases.length })
  expect(cases.length).toBeGreaterThanOrEqual(700)
})

test('and beside the data of another run, which came by gRPC', async () => {
  const some = cases.filter(one => one.data === 'odd' || one.data === 'gaps' || one.data === 'pieces')
  const other = await pushed(some, urlOf(store.server.ports.otlpGrpc, 'grpc'))
  expect(problemsOf(await asked(some, { ...other, query }))).toEqual([])
})

test('and of spans in blocks', async () => {
  await store.server.store.flush()
  const some = cases.filter(({ expected }) => expected.every(({ kind }) => kind !== 'error'))
  expect(problemsOf(await asked(some, { ...data, query }))).toEqual([])
})

test('under the profile of Tempo 3 only what its answers differ in is not right', async () => {
  const differing = cases.filter(one => one.profiles['tempo-3'] !== undefined)
  const found = await asked(differing, { ...data, query, profile: 'tempo-3' })
  expect(notRight(found).map(result => result.case)).toEqual(differing)
})
