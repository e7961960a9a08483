import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { writeFlat } from '../../../lib/import/tables.ts'
import { MemorySink } from '../../../lib/storage/memory.ts'
import { streamOf } from '../../support/chunks.ts'
import { lab } from '../../support/command.ts'
import { generatedTraces } from '../../support/generated.ts'

const folder = mkdtempSync(join(tmpdir(), 'inspect-by-test-'))
const path = join(folder, 'spans.parquet')
beforeAll(async () => {
  const sink = new MemorySink()
  await writeFlat(streamOf([generatedTraces('otel', 20)]), sink)
  writeFileSync(path, sink.bytes())
})
afterAll(() => rmSync(folder, { recursive: true }))
const { isTTY, columns, rows } = process.stdout
afterEach(() => Object.assign(process.stdout, { isTTY, columns, rows }))

interface Facts {
  lines: { name: string; kind: string; byteLength: number; share: number }[]
}

test.each(['attribute', 'service', 'operation'])(
  '--by %s: JSON and CSV have all lines, which sum to the file',
  async by => {
    const { byteLength, lines } = JSON.parse((await lab('inspect', path, '--by', by, '--json')).stdout) as Facts & {
      byteLength: number
    }
    expect(byteLength).toBe(statSync(path).size)
    expect(lines.reduce((sum, line) => sum + line.byteLength, 0)).toBe(byteLength)
    const csv = (await lab('inspect', path, '--by', by, '--format', 'csv')).stdout.trimEnd().split('\r\n')
    expect(csv.length).toBe(lines.length + 1)
    expect(csv[0]).toMatch(
      by === 'operation' ? /^service,operation,kind,bytes,share,spans,B\/span$/ : /^\w+,kind,bytes,/,
    )
  },
)

test('a terminal shows what it has room for, and what the others take together', async () => {
  Object.assign(process.stdout, { isTTY: true, columns: 100, rows: 24 })
  const { stdout } = await lab('inspect', path, '--by', 'attribute')
  Object.assign(process.stdout, { isTTY, columns, rows })
  expect(stdout.split('\n').length).toBeLessThanOrEqual(24)
  const others = / and (\d+) others +others +([\d,]+) /.exec(stdout)!
  const { lines } = JSON.parse((await lab('inspect', path, '--by', 'attribute', '--json')).stdout) as Facts
  const left = lines.slice(-Number(others[1])).reduce((sum, line) => sum + line.byteLength, 0)
  expect(others[2]).toBe(left.toLocaleString('en-US'))
})

test('a table of spans has no facts but these', async () => {
  expect(await lab('inspect', path)).toEqual(await lab('inspect', path, '--by', 'attribute'))
})

test.each([
  ['{"resourceSpans":[]}\n', 'service', 1, /in\.json: otlp-json keeps whole spans together, .* convert --to blockpack/],
  ['{"resourceSpans":[]}\n', 'spans', 2, /^--by spans: needs one of attribute, service, operation/],
  ['PAR1PAR1PAR1', 'service', 1, /in\.json: Parquet footer: needs \d+ bytes, file has 0/],
])('what cannot be dealt out: %j by %s', async (text, by, code, message) => {
  const input = join(folder, 'in.json')
  writeFileSync(input, text)
  const outcome = await lab('inspect', input, '--by', by)
  expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([code, '', expect.stringMatching(message)])
  expect(outcome.stderr.trimEnd()).not.toContain('\n')
})
