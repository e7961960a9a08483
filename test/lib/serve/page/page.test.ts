import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadPage } from '../../../../harness/compile/page.ts'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Span } from '../../../../lib/model/trace.ts'
import { type Listening, listenForQueries } from '../../../../lib/serve/api/listen.ts'

const executablePath = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
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

describe.skipIf(!existsSync(executablePath))(
  `the page in ${executablePath}, which is skipped where that is missing`,
  () => {
    let server: Listening
    let browser: Browser
    let page: Page
    let problems: string[]

    beforeAll(async () => {
      const source = memorySource([
        { traceId: 'a1', spans: small },
        { traceId: 'b2', spans: long },
      ])
      const config = {
        source: async () => source,
        page: await loadPage(),
        version: '1',
        revision: '',
        timeoutMillis: 10_000,
        maxBytes: 1e9,
      }
      server = await listenForQueries(config, { host: '127.0.0.1', port: 0 })
      browser = await chromium.launch({ executablePath, args })
    })

    afterAll(async () => {
      await browser?.close()
      await server?.close()
    })

    beforeEach(async () => {
      problems = []
      page = await browser.newPage()
      page.on('console', message => message.type() === 'error' && problems.push(message.text()))
      page.on('pageerror', error => problems.push(error.message))
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

    test('draws series, and says of them in a table', async () => {
      await open(`#${new URLSearchParams({ query: '{ } | rate() by (resource.service.name)' })}`)
      await page.locator('canvas').waitFor()
      expect(await page.locator('table.series tbody tr').count()).toBe(9)
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
      expect(await page.getByRole('alert').textContent()).toMatch(/^traceql at line 1/)
      problems = problems.filter(text => !text.includes('400'))
      await open('#view=trace&trace=ff')
      await page.getByText('Trace ff is not here.').waitFor()
    })
  },
)
