import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { statusPrinter } from '../../../../harness/cli/status-pages.ts'
import { loadPage } from '../../../../harness/compile/page.ts'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Span } from '../../../../lib/model/trace.ts'
import { listenForQueries } from '../../../../lib/serve/api/listen.ts'
import type { Listening } from '../../../../lib/serve/drain.ts'
import type { BlockRow } from '../../../../lib/serve/status/blocks.ts'
import type { StatusSource, TenantRow } from '../../../../lib/serve/status/status.ts'
import { accessibilityProblems, hasBrowser, startBrowser, watchErrors } from '../../../support/browser.ts'

const markup = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
const second = 1_000_000_000n

const resource = (name: string) => ({
  attributes: [{ key: 'service.name', value: name }],
  droppedAttributesCount: 0,
  schemaUrl: '',
})

function aSpan(id: number, parent: number, fields: Partial<Span>): Span {
  const hex = (value: number) => (value === 0 ? '' : value.toString(16).padStart(16, '0'))
  return {
    ...newSpan(),
    spanId: hex(id),
    parentSpanId: hex(parent),
    startNanos: 1000n * second,
    endNanos: 1001n * second,
    ...fields,
  }
}

const small = [
  aSpan(1, 0, { name: 'GET /cart', resource: resource('shop') }),
  aSpan(2, 1, {
    name: markup,
    resource: resource('store'),
    status: { code: 2, message: markup },
    attributes: [{ key: markup, value: markup }],
  }),
  aSpan(3, 99, { name: 'orphan', resource: resource('shop') }),
  aSpan(4, 5, { name: 'of a circle', resource: resource('shop') }),
  aSpan(5, 4, { name: 'of the same circle', resource: resource('shop') }),
]
const long = Array.from({ length: 10_000 }, (_, i) =>
  aSpan(i + 1, i >> 1, { name: `step ${i}`, resource: resource(`service ${i % 7}`) }),
)

function tenant(name: string): TenantRow {
  const rates = { spansPerSecond: 1, bytesPerSecond: 2, requestsPerSecond: 3 }
  const sent = { requests: 1, refused: 0, bytes: 1, spans: 1, rejectedSpans: 0 }
  return { tenant: name, ...rates, ...sent, recentSpans: 1, blocks: 1, blockSpans: 1, blockBytes: 1 }
}

function block(id: string, hour: string, spans: number): BlockRow {
  const time = `2026-11-28T${hour}:10:00.000Z`
  const [start, end, received] = [time, time, time]
  return { tenant: 'a', block: id, level: 0, received, start, end, traces: 1, spans, bytes: 5, why: `waits: ${markup}` }
}

function statusOf(tenants: () => TenantRow[]): StatusSource {
  const counts = {
    flushedBlocks: 0,
    compactions: 0,
    compactionsLeft: 0,
    deletedBlocks: 0,
    failures: 0,
    droppedFields: 0,
  }
  const kept = { recentSpans: 1, waitingSegments: 0, logBytes: 1, damagedLogParts: 0, blocks: 1, blockSpans: 1 }
  return {
    status: () => ({
      version: '1',
      started: '2026-11-28T20:00:00.000Z',
      uptimeSeconds: 1,
      ports: { otlpHttp: 4318 },
      store: { ...kept, ...counts, blockBytes: 1 },
      tenants: tenants(),
      warnings: [{ time: '2026-11-28T20:00:00.000Z', message: markup }],
      warningCount: 1,
    }),
    blocks: () => ({
      blocks: [block('a'.repeat(36), '20', 9), block('b'.repeat(36), '21', 3)],
      backlog: 'no compaction is due',
    }),
    rates: () => ({
      times: ['2026-11-28T20:00:00.000Z', '2026-11-28T20:00:02.000Z'],
      tenants: { [markup]: { spansPerSecond: [1, 2], bytesPerSecond: [1, 2], requestsPerSecond: [1, 2] } },
    }),
  }
}

describe.skipIf(!hasBrowser)('the page in a browser, which is skipped where there is none', () => {
  let server: Listening
  let browser: Browser
  let page: Page
  let problems: string[]
  let tenants: TenantRow[]
  const askedTenants: string[] = []
  const status = statusOf(() => tenants)

  beforeAll(async () => {
    const source = memorySource([
      { traceId: 'a1', spans: small },
      { traceId: 'b2', spans: long },
    ])
    const config = {
      source: async (asked: readonly string[]) => {
        askedTenants.push(...asked)
        return asked.includes('team-a') ? memorySource([]) : source
      },
      page: await loadPage(),
      status,
      statusPrinter,
      version: '1',
      revision: '',
      timeoutMillis: 10_000,
      maxBytes: 1e9,
    }
    server = await listenForQueries(config, { host: '127.0.0.1', port: 0 })
    browser = await startBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  beforeEach(async () => {
    problems = []
    tenants = [tenant('team-a'), tenant('team-b')]
    page = await browser.newPage()
    watchErrors(page, problems)
  })

  afterEach(async () => {
    expect(problems).toEqual([])
    expect(await page.evaluate('window.broken')).toBeUndefined()
    await page.close()
  })

  const open = (fragment = '') => page.goto(`http://127.0.0.1:${server.port}/${fragment}`)

  test('by keys alone from a query to a span and back', async () => {
    await open()
    await page.getByText('2 traces in').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('{ resource.service.name = "sh', { delay: 10 })
    await page.getByRole('option', { name: '"shop"' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await page.keyboard.type(' }')
    await page.keyboard.press('Enter')
    await page.getByText('1 trace in').waitFor()
    expect(decodeURIComponent(page.url())).toContain('resource.service.name+=+"shop"')
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'shop GET /cart' }).waitFor()
    expect(await page.getByRole('treeitem').count()).toBe(5)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const details = page.getByRole('complementary')
    await details.waitFor()
    expect(await details.textContent()).toContain(markup)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowLeft')
    expect(await page.getByRole('treeitem').count()).toBe(4)
    await page.keyboard.press('Escape')
    await page.getByText('1 trace in').waitFor()
  })

  test('by keys through the views of the store, to the spans of one tenant', async () => {
    await open()
    await page.getByText('2 traces in').waitFor()
    await page.keyboard.press('3')
    await page.getByRole('heading', { name: 'Blocks' }).waitFor()
    await page.getByText('waits: <img').first().waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    expect(await page.locator('table.windows tr').count()).toBe(2)
    await page.getByRole('button', { name: 'Spans' }).focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('.wide tbody tr').first().textContent()).toContain('bbbbbbbb')
    await page.keyboard.press('Enter')
    expect(await page.locator('.wide tbody tr').first().textContent()).toContain('aaaaaaaa')
    await page.keyboard.press('4')
    await page.locator('canvas').first().waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    await page.keyboard.press('2')
    await page.getByText('1 warning').waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('0 traces in').waitFor()
    expect(page.url()).toContain('tenant=team-a')
    expect(askedTenants).toContain('team-a')
    await page.keyboard.press('t')
    await page.keyboard.press('Home')
    await page.getByText('2 traces in').waitFor()
  })

  test('says how to send spans where no tenant sent any', async () => {
    tenants = []
    await open('#query={ name = "nothing" }')
    await page.getByText('There are no spans yet').waitFor()
    expect(await page.locator('pre').last().textContent()).toContain('curl http://127.0.0.1:4318/v1/traces')
  })

  test('draws series, and says of them in a table', async () => {
    await open(`#${new URLSearchParams({ query: '{ } | rate() by (resource.service.name)' })}`)
    await page.locator('canvas').waitFor()
    expect(await page.locator('table.series tbody tr').count()).toBe(9)
    const picture = async () => (await page.locator('canvas').screenshot()).toString('base64')
    const before = await picture()
    await page.locator('table.series tbody tr').nth(4).hover()
    await expect.poll(picture).not.toBe(before)
    await page.locator('header').hover()
    await expect.poll(picture).toBe(before)
  })

  test('lines of rates stay the same picture when they move', async () => {
    await open('#view=rates')
    const canvas = await page.waitForSelector('canvas')
    await page.waitForResponse(/status\/rates/)
    await page.waitForResponse(/status\/rates/)
    expect(await canvas.evaluate(one => one.isConnected)).toBe(true)
  })

  test('in a circle the last span has nothing to unfold', async () => {
    await open('#view=trace&trace=a1')
    const last = page.getByRole('treeitem').last()
    await last.waitFor()
    expect(await last.textContent()).toContain('circle')
    expect(await last.getAttribute('aria-expanded')).toBeNull()
  })

  test('a long trace draws what is in sight only, wherever that is', async () => {
    await open('#view=trace&trace=b2')
    await page.getByText('10,000 spans of 7 services').waitFor()
    await page.keyboard.press('End')
    await expect.poll(() => page.getByRole('treeitem').last().textContent()).toMatch(/step \d+/)
    expect(await page.getByRole('treeitem').count()).toBeLessThan(100)
  })

  test('says what is wrong in the words of the server', async () => {
    await open(`#${new URLSearchParams({ query: '{ nope' })}`)
    const text = (await page.getByRole('alert').textContent())!
    expect(text).toMatch(/^traceql at line 1/)
    expect(text).toMatch(/\{ nope\n *\^$/)
    problems = problems.filter(text => !text.includes('400'))
    await open('#view=trace&trace=ff')
    await page.getByText('Trace ff is not here.').waitFor()
  })
})
