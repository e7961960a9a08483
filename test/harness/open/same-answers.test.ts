import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ndjson } from '../../../lib/formats/ndjson/format.ts'
import { MemorySink } from '../../../lib/storage/memory.ts'
import { streamOf } from '../../support/chunks.ts'
import { lab } from '../../support/command.ts'
import { generatedTraces } from '../../support/generated.ts'

const traces = generatedTraces('otel', 40)
const folder = mkdtempSync(join(tmpdir(), 'same-answers-test-'))
const input = join(folder, 'traces.ndjson')
const others = { blockpack: 'traces.bp', parquet: 'traces.parquet', vparquet4: 'v4', vparquet5: 'v5' }

beforeAll(async () => {
  const sink = new MemorySink()
  await ndjson.write!(streamOf([traces]), sink)
  writeFileSync(input, sink.bytes())
  for (const [format, name] of Object.entries(others)) {
    const { code, stderr } = await lab('convert', input, '--to', format, '--out', join(folder, name), '--no-progress')
    expect(stderr).toBe('')
    expect(code).toBe(0)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a command answers, without what it cost and the name of the file. */
async function answer(command: string, args: readonly string[], path: string): Promise<unknown> {
  const { code, stdout, stderr } = await lab(command, ...args, path, '--json')
  expect(stderr.replace(/^.*left out.*\n|^sampled: .*\n/gm, '')).toBe('')
  expect(code).toBe(0)
  const { metrics: _, ...found } = JSON.parse(stdout)
  return command === 'trace' ? [...stdout.matchAll(/"spanId":"(\w+)"/g)].map(([, id]) => id).sort() : sorted(found)
}

/** The order of spans within a trace, and of series, is that of the file. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, sorted(own)]))
}

const all = ['--limit', '1000', '--spss', '1000']

test.each([
  ['query', ['{ status = error } | select(span.http.response.status_code, resource.service.name)', ...all]],
  ['query', ['{ kind = server } >> { kind = client && duration > 1ms }', ...all]],
  ['query', ['{ } | rate() by (resource.service.name) with (exemplars=false)']],
  ['tags', []],
  ['tag-values', ['span.http.request.method']],
  ['tag-values', ['resource.service.name']],
  ['trace', [traces[7]!.traceId]],
])('%s %j: the answer is that of the capture, of each format that it was converted to', async (command, args) => {
  const expected = await answer(command, args, input)
  expect(JSON.stringify(expected).length).toBeGreaterThan(100)
  for (const [format, name] of Object.entries(others))
    expect(await answer(command, args, join(folder, name)), format).toEqual(expected)
})
