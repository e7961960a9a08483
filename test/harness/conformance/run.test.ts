import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askerOf } from '../../../harness/conformance/ask.ts'
import { pushSets } from '../../../harness/conformance/push.ts'
import { notRight } from '../../../harness/conformance/report.ts'
import { askCases, newRun, setsOf } from '../../../harness/conformance/run.ts'
import { readCases } from '../../../lib/conformance/cases.ts'
import { type Running, startServer } from '../../../lib/serve/server.ts'
import { anyPort, serverConfigIn } from '../../support/server.ts'

let folder: string
let server: Running

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-test-'))
  const config = serverConfigIn(folder, { listen: { otlpGrpc: anyPort } })
  server = await startServer(config, { version: '1', revision: '', warn: () => {} })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const cases = readCases()

/** What is not right, a line each. */
async function problems(push: string, asked = cases): Promise<string[]> {
  const run = newRun()
  const sets = setsOf(asked, run)
  await pushSets(push, sets.values())
  const ask = askerOf(`http://127.0.0.1:${server.ports.query}`, 10_000)
  const found = await askCases(asked, { bench: { run, sets, profile: undefined }, ask })
  expect(found.notes).toEqual([])
  return notRight(found).map(({ case: one, verdict }) => `${one.topic}:${one.line} ${one.text}: ${verdict.detail}`)
}

test('serve answers every case right, of recent spans', async () => {
  expect(await problems(`http://127.0.0.1:${server.ports.otlpHttp}`)).toEqual([])
})

test('and beside the data of another run, that came by gRPC', async () => {
  const some = cases.filter(({ data }) => data !== 'shop' && data !== 'many')
  expect(await problems(`grpc://127.0.0.1:${server.ports.otlpGrpc}`, some)).toEqual([])
})

test('and of spans in blocks', async () => {
  const run = newRun()
  const sets = setsOf(cases, run)
  await pushSets(`http://127.0.0.1:${server.ports.otlpHttp}`, sets.values())
  await server.store.flush()
  const ask = askerOf(`http://127.0.0.1:${server.ports.query}`, 10_000)
  const found = await askCases(cases, { bench: { run, sets, profile: undefined }, ask })
  expect(notRight(found).map(({ case: one, verdict }) => `${one.topic}:${one.line}: ${verdict.detail}`)).toEqual([])
})
