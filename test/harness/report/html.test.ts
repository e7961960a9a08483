import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readMeasurement } from '../../../harness/lab/run-files.ts'
import { renderHtml } from '../../../harness/report/html.ts'
import type { Measurement } from '../../../harness/runs/measurement-schema.ts'
import type { Run } from '../../../harness/runs/run-schema.ts'
import { benchesOf } from '../../support/benches.ts'
import { accessibilityProblems, hasBrowser, startBrowser, watchErrors } from '../../support/browser.ts'

const runsFolder = fileURLToPath(new URL('../../../results/runs', import.meta.url))
/** Those that are committed: who tries the lab in a clone adds others. Without git, all. */
const { stdout } = spawnSync('git', ['ls-files'], { cwd: runsFolder, encoding: 'utf8' })
const names = stdout ? stdout.trimEnd().split('\n') : readdirSync(runsFolder)
const measurements = await Promise.all(names.map(name => readMeasurement(join(runsFolder, name))))
const runs = measurements.filter(one => one.kind === 'phases')
const medium = runs.filter(({ input }) => input.name === 'otel-medium')
const markup = '<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>'

test('the page of a run is one file of at most 400 kB, whatever names it has', async () => {
  const html = await renderHtml([medium.at(-1)!], markup)
  expect(Buffer.byteLength(html)).toBeLessThanOrEqual(400_000)
  expect(html).not.toContain(markup)
  expect(html).not.toMatch(/(?:src|href)="?https?:/)
})

/** What a page was made of: how the data is compressed may differ from one Node to another. */
function contentOf(html: string): { runs: unknown; rest: string } {
  const [before, data, after] = html.split(/(?<=id="runs">)([^<]*)/) as [string, string, string]
  return { runs: JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()), rest: before + after }
}

test('the committed page of all runs is that of the committed runs: `report results/runs/*.json --out results/index.html`', async () => {
  const committed = readFileSync(join(runsFolder, '../index.html'), 'utf8')
  expect(contentOf(committed)).toEqual(contentOf(await renderHtml(measurements, 'Trace Storage Lab')))
})

describe.skipIf(!hasBrowser)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-test-'))
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    problems.length = 0
    page = await browser.newPage()
    watchErrors(page, problems)
    page.on('request', request => request.url().startsWith('http') && problems.push(request.url()))
  })
  afterEach(async () => {
    await page.close()
    expect(problems).toEqual([])
  })

  /** What a change of the address shows comes a moment later. */
  function soon<T>(look: () => Promise<T>) {
    return expect.poll(look, { timeout: 20_000 })
  }

  /** Waits until all pictures are drawn. */
  async function drawn(): Promise<number> {
    await page.waitForSelector('.picture:empty', { state: 'detached' })
    return page.locator('.picture > *').count()
  }

  async function open(shown: readonly Measurement[], fragment = ''): Promise<void> {
    const path = join(folder, 'page.html')
    writeFileSync(path, await renderHtml(shown, 'runs'))
    await page.goto(`${pathToFileURL(path)}${fragment}`)
    await page.waitForSelector('h1')
  }

  test('shows the tables and pictures of a run, with nothing from elsewhere', async () => {
    await open([medium.at(-1)!])
    expect(await page.textContent('h1')).toBe('otel-medium')
    expect(await drawn()).toBe(5)
    expect(await page.locator('table').first().locator('tbody tr').count()).toBe(medium.at(-1)!.rows.length)
    expect(await page.getByText('How it was measured').count()).toBeGreaterThan(4)
    expect(await page.getByText('npx tsx main.ts --workload otel --size medium --seed 1').count()).toBeGreaterThan(4)
    expect(await accessibilityProblems(page)).toEqual([])
  })

  test('sorts, hides and keeps that in its address', async () => {
    await open([medium.at(-1)!])
    await page.getByRole('button', { name: 'B/span' }).first().press('Enter')
    const first = () => page.locator('table').first().locator('tbody tr').first().innerText()
    await soon(first).toContain('multi-resolution')
    await page.getByText('Rows', { exact: true }).press('Enter')
    await page.getByLabel('lossy').press('Space')
    await soon(first).not.toContain('multi-resolution')
    const address = page.url()
    expect(address).toMatch(/#sort=B%2Fspan&leave=lossy$/)
    await page.goto('about:blank')
    await page.goto(address)
    await page.waitForSelector('h1')
    expect(await first()).not.toContain('multi-resolution')
  })

  test('of many runs shows every capture, the history of a row, and what moved', async () => {
    await open(runs)
    const names = new Set(runs.map(({ input }) => input.name))
    expect(await page.locator('thead').first().locator('a').count()).toBe(names.size)
    await page.getByRole('link', { name: 'otel-medium' }).click()
    await soon(() => page.textContent('h2.run')).toBe('otel-medium')
    await page.getByTitle('Its history').first().click()
    await page.getByText('00 raw JSON, run by run').waitFor()
    await drawn()
    await page.getByLabel('compared with').selectOption({ index: 1 })
    await page.getByRole('heading', { name: 'What moved' }).waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
  })

  test('of two runs shows what moved beyond noise, and compares none of another zstd', async () => {
    const run = medium.at(-1)!
    const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`
    const changed = (minute: number, zstd = run.environment.zstd) => ({
      ...run,
      environment: { ...run.environment, date: at(minute), zstd },
      rows: run.rows.map((row, i) => ({
        ...row,
        encodeSpread: 0.01,
        ...(i === 1 ? { sizeBytes: row.sizeBytes! + 1, bytesPerSpan: row.bytesPerSpan! * 1.01 } : {}),
        encodeCpuSeconds: row.encodeCpuSeconds! * (i === 2 ? 2 : 1.001),
      })),
    })
    const before = { ...changed(0), rows: run.rows.map(row => ({ ...row, encodeSpread: 0.01 })) }
    await open([before, changed(1), changed(2, 'another')])
    const key = (minute: number) => encodeURIComponent(`otel-medium@${at(minute)}`)
    await page.goto(`${page.url()}#run=${key(1)}&with=${key(0)}`)
    const moved = page.getByRole('region', { name: 'What moved' }).locator('td:nth-child(-n+2)')
    await soon(() => moved.allInnerTexts()).toEqual(['01 NDJSON', 'bytes', '02 CBOR', 'encode CPU s'])
    expect(await page.getByLabel('compared with').locator('option').count()).toBe(2)
    await page.getByLabel('Run').selectOption({ index: 2 })
    await soon(() => page.getByLabel('compared with').count()).toBe(0)
  })

  test('runs nothing that stands in names, and shows a row with a problem', async () => {
    const [base] = medium
    const row = { ...base!.rows[0]!, title: markup + 'x'.repeat(10_000), problem: markup }
    const blank = Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? null : value]),
    )
    const input = { ...base!.input, name: markup, source: markup }
    const run = { ...base!, input, rows: [blank as unknown as Run['rows'][number], ...base!.rows.slice(1)] }
    const { serve, cluster, ...benches } = benchesOf(run, markup + 'y'.repeat(10_000))
    await open([run, serve, cluster, ...Object.values(benches)])
    expect(await page.textContent('h1')).toBe(markup)
    expect(await page.locator('.bench').count()).toBe(3)
    expect(await drawn()).toBe(5 + 2 + 3 + 3)
    await page.getByLabel('Run').selectOption({ index: 1 })
    await soon(() => page.textContent('h1')).toBe('serve')
    expect(await page.locator('.bench h3').textContent()).toContain(markup)
    await page.getByLabel('Run').selectOption({ index: 2 })
    expect(await page.textContent('h1')).toBe('cluster')
    expect(await page.locator('.bench h3').allTextContents()).toEqual(['Side by side', expect.stringContaining(markup)])
    // Rows keep their order, also where the head of their names is empty.
    expect(await page.locator('.bench tbody tr').first().textContent()).toContain('stored, when compacted')
    await page.getByLabel('Run').selectOption({ index: 0 })
    await soon(() => page.textContent('h1')).toBe(markup)
    expect(await page.locator('.failed').count()).toBe(1)
    expect(await page.evaluate('window.broken')).toBeUndefined()
  })

  test('shows the benches of the data of a run, each with its command', async () => {
    const run = medium.at(-1)!
    const { queries, scale, loss } = benchesOf(run, 'a name')
    await open([run, queries, scale, loss])
    expect(await page.locator('.bench h2').allTextContents()).toEqual([
      'What sampling costs: otel medium, seed 1',
      'Queries: otel medium, seed 1',
      'Scale: bytes and CPU time per span by number of spans',
    ])
    expect(await drawn()).toBe(5 + 3 + 2 + 3)
    expect(await page.getByText("npx tsx main.ts bench --input 'a name'").count()).toBe(3 + 3 + 2 + 3)
    const byBytes = page.getByRole('img', { name: 'CPU time of a query against what it reads' })
    await byBytes.locator('circle').first().hover()
    await soon(() => byBytes.locator('[aria-label="tip"]').textContent()).toContain('06 blockpack')
    expect(await page.locator('.bench code', { hasText: '{ name = "a name" }' }).count()).toBe(1)
    expect(await accessibilityProblems(page)).toEqual([])
  })

  test('prints all tables and pictures, light, with nothing cut, also before they were drawn', async () => {
    const run = medium.at(-1)!
    const { queries, scale } = benchesOf(run, 'a name')
    await page.addInitScript('requestAnimationFrame = () => 0')
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 1030, height: 700 })
    await open([run, queries, scale])
    expect(await page.locator('.picture > *').count()).toBe(0)
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(await page.locator('.picture > *').count()).toBe(5 + 2 + 3)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const colors = await page.evaluate(
      '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))',
    )
    expect(colors).toEqual(['rgb(255, 255, 255)', 'rgb(28, 31, 36)'])
    const cut = await page.evaluate(
      '[...document.querySelectorAll(".wide, .picture")].filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)',
    )
    expect(cut).toEqual([])
  })

  test('shows a run whose rows have nothing', async () => {
    const [base] = medium
    const rows = base!.rows.map(row =>
      Object.fromEntries(
        Object.entries({ ...row, problem: 'of a kind' }).map(([name, value]) => [
          name,
          typeof value === 'number' ? null : value,
        ]),
      ),
    )
    await open([{ ...base!, rows: rows as unknown as Run['rows'] }])
    expect(await page.locator('.failed').count()).toBe(rows.length)
  })
})
