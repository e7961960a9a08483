import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { statusPrinter } from '../../../../harness/cli/status-pages.ts'
import { loadPage } from '../../../../harness/compile/page.ts'
import { startTarget } from '../../../../lib/cluster/roles/start.ts'
import { encodeTraces } from '../../../../lib/formats/otlp/proto-message.ts'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { listenForQueries } from '../../../../lib/serve/api/listen.ts'
import type { Listening } from '../../../../lib/serve/drain.ts'
import { startServer } from '../../../../lib/serve/server.ts'
import { filesStatus } from '../../../../lib/serve/status/status.ts'
import { accessibilityProblems, hasBrowser, startBrowser, watchErrors } from '../../../support/browser.ts'
import { MemoryCluster, roleConfig } from '../../../support/roles.ts'
import { sendOtlp } from '../../../support/served.ts'
import { serverConfigIn } from '../../../support/server.ts'

const markup = '<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>'
const long = 'ü'.repeat(10_000)
const second = 1_000_000_000n
const about = { version: '1', revision: '' }

const resource = (name: string) => ({
  attributes: [{ key: 'service.name', value: name }],
  droppedAttributesCount: 0,
  schemaUrl: '',
})

/** Ten requests of shop, a second apart, the i-th of which takes 2^i ms; each calls services with nasty names. */
const traces = Array.from({ length: 10 }, (_, i): Trace => {
  const startNanos = BigInt(1_700_000_000 + i) * second
  const shared = { startNanos, endNanos: startNanos + BigInt(2 ** i) * 1_000_000n }
  const called = [markup, long, 'db'].map((name, place) => ({
    ...newSpan(),
    ...shared,
    spanId: `000000000000000${place + 2}`,
    parentSpanId: '0000000000000001',
    name: markup,
    resource: resource(name),
    status: i < 5 && name === 'db' ? { code: 2, message: '' } : null,
  }))
  const root = { ...newSpan(), ...shared, spanId: '0000000000000001', name: 'GET /', resource: resource('shop') }
  return { traceId: (i + 1).toString(16).padStart(32, '0'), spans: [root, ...called] }
})

describe.skipIf(!hasBrowser)('views in a browser, which are skipped where there is none', () => {
  let server: Listening
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    const api = { ...about, timeoutMillis: 60_000, maxBytes: 1e9 }
    const source = memorySource(traces)
    const status = filesStatus([], '1', () => ({}))
    const config = { ...api, source: async () => source, page: await loadPage(), status, statusPrinter }
    server = await listenForQueries(config, { host: '127.0.0.1', port: 0 })
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  beforeEach(async () => {
    problems.length = 0
    page = await browser.newPage()
    watchErrors(page, problems)
  })
  afterEach(async () => {
    expect(problems).toEqual([])
    expect(await page.evaluate('window.broken')).toBeUndefined()
    await page.close()
  })

  const open = (place: Record<string, string>) =>
    page.goto(`http://127.0.0.1:${server.port}/#${new URLSearchParams(place)}`)

  /** Lets no view ask a server that is about to close. */
  async function leave(): Promise<void> {
    expect(await page.evaluate('window.broken')).toBeUndefined()
    await page.goto('about:blank')
  }

  test('services: a picture and tables of calls, each of which leads to its spans', async () => {
    await open({ view: 'services' })
    await page.getByText('4 services, 3 pairs of them with calls').waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    expect(await page.locator('figure a').count()).toBe(7)
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(2_000)
    const call = page.getByRole('link', { name: 'shop calls db: ' })
    expect(await call.getAttribute('aria-label')).toMatch(/^shop calls db: [\d.]+\/s p95 \d+ ms 50 % failed, p50 /)
    await page.getByRole('button', { name: 'Errors' }).first().press('Enter')
    await page.getByRole('button', { name: 'Errors ↑' }).press('Enter')
    expect(await page.locator('tbody').first().locator('tr').first().textContent()).toContain('shopdb')
    await call.focus()
    await page.keyboard.press('Enter')
    await page.getByText('10 traces in').waitFor()
    await page.goBack()
    await page.getByRole('link', { name: '50 %', exact: true }).first().press('Enter')
    await page.getByText('5 traces in').waitFor()
    await page.goBack()
    await page.getByRole('link', { name: '<img src=x' }).first().press('Enter')
    await page.getByText('10 traces in').waitFor()
  })

  test('durations: cells are selected by keys and by mouse, and lead to their traces', async () => {
    await open({ view: 'durations', query: '{ resource.service.name = "shop" }' })
    await page.getByText('10 spans in').waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    const selected = page.locator('#heat-selected')
    const picture = page.getByRole('application')
    await picture.focus()
    await page.keyboard.press('ArrowUp')
    await page.getByText('over 524 µs up to 1.05 ms: 1 span ').waitFor()
    await page.keyboard.press('ArrowUp')
    await page.getByText(': 0 spans').waitFor()
    for (let i = 0; i < 80; i++) await page.keyboard.press('Shift+ArrowRight')
    await page.getByText('over 1.05 ms up to 2.1 ms: 1 span ').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Nothing is selected.').waitFor()
    const { x, y, width, height } = (await page.locator('.heat .u-over').boundingBox())!
    await page.mouse.move(x + 0.4 * width, y + 0.05 * height)
    await page.mouse.down()
    await page.mouse.move(x + width - 2, y + 0.25 * height, { steps: 4 })
    await page.mouse.up()
    await page.getByText('over 67.1 ms up to 537 ms: 3 spans').waitFor()
    expect(await selected.textContent()).toContain('Show their traces')
    await picture.focus()
    await page.keyboard.press('Enter')
    await page.getByText('3 traces in').waitFor()
    const place = new URLSearchParams(new URL(page.url()).hash.slice(1))
    expect(place.get('query')).toBe(
      '{ resource.service.name = "shop" && duration > 67108864ns && duration <= 536870912ns }',
    )
    expect(Number(place.get('to'))).toBeGreaterThan(Number(place.get('from')))
    await page.goBack()
    await page.locator('.heat .u-over').click({ position: { x: 2, y: height - 3 } })
    await page.getByText('over 524 µs up to 1.05 ms: 1 span ').waitFor()
    await page.getByRole('link', { name: 'over 268 ms up to 537 ms' }).press('Enter')
    await page.getByText('1 trace in').waitFor()
  })

  test('a block: what it stores of each attribute, by the largest or by another column', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'views-test-'))
    const own = { ...about, page: await loadPage(), statusPrinter, warn: () => {} }
    const running = await startServer(serverConfigIn(folder), own)
    try {
      await running.store.push('a', encodeTraces(traces))
      await running.store.flush()
      await page.goto(`http://127.0.0.1:${running.ports.query}/#view=blocks`)
      await page.locator('a.row').waitFor()
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await page.getByText('as they are stored').waitFor()
      expect(await accessibilityProblems(page)).toEqual([])
      const bytes = await page.locator('tbody tr td:nth-child(2)').allTextContents()
      expect(bytes.length).toBeGreaterThan(10)
      await page.getByRole('button', { name: 'Of', exact: true }).press('Enter')
      const names = await page.locator('tbody tr td:first-child').allTextContents()
      expect(names).toEqual(names.toSorted())
      expect(names).toContain('span:duration')
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'Blocks' }).waitFor()
    } finally {
      await leave()
      await running.close()
      rmSync(folder, { recursive: true })
    }
  })

  test('a cluster: its lag and its ring, in the place of what only a store alone has', async () => {
    const cluster = new MemoryCluster(2)
    const parts = { ...about, page: await loadPage(), configText: '', places: cluster.places(), warn: () => {} }
    const builder = { ...roleConfig().builder, cycleMillis: 200 }
    const running = await startTarget('all', { ...roleConfig(), builder }, parts)
    try {
      expect(await sendOtlp(`http://127.0.0.1:${running.ports.otlpHttp}/v1/traces`, encodeTraces(traces))).toBe(200)
      await page.goto(`http://127.0.0.1:${running.ports.query}/#view=store`)
      await page.getByRole('link', { name: 'Cluster' }).press('Enter')
      await page.getByText('0 records of 2 partitions are in no block yet').waitFor()
      expect(await page.getByRole('navigation').locator('a').allTextContents()).not.toContain('Rates')
      const ring = page.locator('table').last()
      await ring.getByText('query-frontend').waitFor()
      expect(await ring.locator('tbody tr').count()).toBe(7)
      expect(await accessibilityProblems(page)).toEqual([])
      await page.getByRole('link', { name: 'single-tenant' }).press('Enter')
      await page.getByRole('heading', { name: 'Blocks' }).waitFor()
      await page.locator('.wide a.row').first().press('Enter')
      await page.getByText('as they are stored').waitFor()
    } finally {
      await leave()
      await running.close()
    }
  })
})
