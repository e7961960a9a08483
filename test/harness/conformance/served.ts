import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askerOf } from '../../../harness/conformance/ask.ts'
import { pushSets } from '../../../harness/conformance/push.ts'
import { notRight } from '../../../harness/conformance/report.ts'
import { askCases, type Conformance, newRun, setsOf } from '../../../harness/conformance/run.ts'
import type { Case, ProfileName } from '../../../lib/conformance/case.ts'
import { type Running, startServer } from '../../../lib/serve/server.ts'
import { anyPort, serverConfigIn } from '../../support/server.ts'

/** A store on free ports; `end` removes its folder. */
export async function startStore(): Promise<{ server: Running; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-test-'))
  const config = serverConfigIn(folder, { listen: { otlpGrpc: anyPort } })
  const server = await startServer(config, { version: '1', revision: '', warn: () => {} })
  const end = async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  }
  return { server, end }
}

export function urlOf(port: number | undefined, protocol = 'http'): string {
  return `${protocol}://127.0.0.1:${port}`
}

/** What is pushed to a server: a run with its sets. */
export async function pushed(cases: readonly Case[], push: string) {
  const run = newRun()
  const sets = setsOf(cases, run)
  await pushSets(push, sets.values())
  return { run, sets }
}

/** What a test asks of a server. */
interface Asking extends Awaited<ReturnType<typeof pushed>> {
  readonly query: string
  readonly profile?: ProfileName
  readonly timeoutMillis?: number
}

/** Asks cases about what was pushed. */
export function asked(
  cases: readonly Case[],
  { query, profile, timeoutMillis = 10_000, run, sets }: Asking,
): Promise<Conformance> {
  const used = new Map([...sets].filter(([name]) => cases.some(({ data }) => data === name)))
  return askCases(cases, { bench: { run, sets: used, profile }, ask: askerOf(query, timeoutMillis) })
}

/** What is not right, a line each. */
export function problemsOf(found: Conformance): string[] {
  return [
    ...found.notes,
    ...notRight(found).map(({ case: one, verdict }) => `${one.topic}:${one.line} ${one.text}: ${verdict.detail}`),
  ]
}
