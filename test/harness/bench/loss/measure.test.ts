import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { measureLossCurve } from '../../../../harness/bench/loss/measure.ts'
import { lossCurvePage } from '../../../../harness/bench/loss/report.ts'
import { printPage } from '../../../../harness/text/page.ts'
import { silent } from '../../../../harness/text/progress.ts'
import { lab } from '../../../support/command.ts'
import { generatedTraces } from '../../../support/generated.ts'

const traces = generatedTraces('otel', 300)
const curve = await measureLossCurve(traces, silent)

test('more of a head or a budget takes more bytes, keeps more, and what keeps nothing is told', () => {
  for (const family of ['head', 'budget']) {
    const rows = curve.rows.filter(row => row.family === family)
    const kept = rows.map(row => row.traces)
    expect(kept).toEqual([...kept].sort((a, b) => a - b))
    expect(rows.at(-1)!.bytes).toBeGreaterThan(rows[0]!.bytes)
    expect(rows.at(-1)!.bytes).toBeLessThan(curve.exact.bytes)
  }
  expect(curve.rows.length + curve.empty.length).toBe(15)
  expect(curve.empty).toContain('budget:0.1%')
})

test('a tail keeps all errors, and the price of a row says so', () => {
  const tail = curve.rows.find(({ family }) => family === 'tail')!
  expect(tail.survived.errors).toBe(1)
  const search = tail.price.find(({ question }) => question === 'search errors')
  expect(search).toMatchObject({ worstError: 0, missing: 0, invented: 0 })
})

test('the largest share that gives a ratio is found, or none', () => {
  for (const { ratio, row } of curve.targets) {
    expect(row.ratio).toBeGreaterThanOrEqual(ratio)
    expect(row.ratio).toBeLessThan(ratio * 1.5)
  }
  expect(curve.targets.map(({ ratio }) => ratio)).toEqual([100, 100, 200, 200, 500, 500])
})

test('the table is narrow enough for a terminal of 120 columns', () => {
  const text = printPage(lossCurvePage(curve), 'table', { width: 120, hasColors: false })
  expect(text).not.toContain('not shown')
  expect(text).toMatch(/Not one trace is kept by .*budget:0\.1%/)
})

const folder = mkdtempSync(join(tmpdir(), 'loss-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the command writes a page and a picture for each question shown', async () => {
  const { code, stdout } = await lab('bench', 'loss', '--size', 'small', '--results', folder, '--json', '--no-progress')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ traces: 100, source: 'otel small, seed 1' })
  expect(readdirSync(folder).sort()).toEqual([
    'otel-small-loss-1.svg',
    'otel-small-loss-2.svg',
    'otel-small-loss-3.svg',
    'otel-small-loss.md',
  ])
  const page = readFileSync(join(folder, 'otel-small-loss.md'), 'utf8')
  expect(page).toContain('# What sampling costs: otel small, seed 1')
  expect(page).toMatch(/\| search errors +\|/)
})
