import { expect, test } from 'vitest'
import { measureLossCurve } from '../../../../harness/bench/loss/measure.ts'
import { drawSvg } from '../../../../harness/charts/svg.ts'
import { printMarkdownPage, printPage } from '../../../../harness/text/page.ts'
import { silent } from '../../../../harness/text/progress.ts'
import { isPicture, linkPictures } from '../../../../harness/view/document.ts'
import { lossCurveDocument, lossCurvePage } from '../../../../harness/view/loss-curve.ts'
import { countSpans } from '../../../../lib/model/trace.ts'
import { generatedTraces } from '../../../support/generated.ts'

const traces = generatedTraces('otel', 200)
const input = {
  name: 'some',
  source: 'some traces',
  notes: ['300 traces'],
  traceCount: 200,
  spanCount: countSpans(traces),
}
const curve = await measureLossCurve(input, traces, silent)

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

test('the page has a picture for each question shown, and every question of a hundredth', async () => {
  const document = lossCurveDocument(curve)
  const charts = await Promise.all(document.filter(isPicture).map(({ figure }) => drawSvg(figure)))
  expect(charts).toHaveLength(3)
  for (const chart of charts) expect(chart).toMatch(/^<svg [\s\S]*>(?:head|tail|budget)<[\s\S]*<\/svg>\n$/)
  const page = printMarkdownPage(linkPictures('x', document))
  expect(page).toContain('# What sampling costs: some traces')
  expect(page).toContain('![](x-2.svg)')
  expect(page).toMatch(/\| search errors +\|/)
})
