import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Span } from '../../../../lib/model/trace.ts'
import { accessibilityProblems, hasBrowser } from '../../../support/browser.ts'
import { hexOf, markup, PageStage, pageSpan, resourceOf, second } from '../../../support/page-stage.ts'

const status = { code: 2, message: 'timed out' } as const
const linked = {
  traceId: 'b2',
  spanId: hexOf(4_000),
  traceState: '',
  flags: 0,
  attributes: [],
  droppedAttributesCount: 0,
}
const event = (name: string, at: bigint) => ({
  timeNanos: 1000n * second + at,
  name,
  attributes: [{ key: markup, value: markup }],
  droppedAttributesCount: 0,
})
const [shop, store] = [resourceOf('shop'), resourceOf('store')]

/** A call of a cart, which asks a store several times; a slow one takes two seconds more for that, and writes. */
function cart(isSlow: boolean): Span[] {
  const end = 1001n * second + (isSlow ? 2n * second : 0n)
  return [
    pageSpan(1, 0, {
      name: 'GET /cart',
      resource: shop,
      endNanos: end,
      events: [event(markup, second / 2n), event('late', second)],
    }),
    pageSpan(2, 1, {
      name: 'read',
      resource: store,
      endNanos: end,
      links: [linked],
      attributes: [{ key: 'rows', value: 500n }],
    }),
    pageSpan(3, 1, { name: 'read', resource: store, status }),
    pageSpan(4, 1, { name: isSlow ? 'write' : markup, resource: store }),
  ]
}

const odd = [
  pageSpan(1, 0, { name: 'x'.repeat(10_000), resource: shop }),
  pageSpan(2, 1, {
    name: markup,
    resource: resourceOf(markup),
    attributes: [{ key: markup, value: 'y'.repeat(10_000) }],
  }),
  pageSpan(3, 99, { name: 'orphan', resource: shop }),
  pageSpan(4, 5, { name: 'of a circle', resource: shop }),
  pageSpan(5, 4, { name: 'of the same circle', resource: shop }),
]
const long = Array.from({ length: 10_000 }, (_, i) => {
  const startNanos = 1000n * second + BigInt(i) * 1_000_000n
  return pageSpan(i + 1, (i + 1) >> 1, {
    name: `step ${i}`,
    startNanos,
    endNanos: startNanos + 5_000_000n,
    resource: shop,
  })
})
const traces = [
  { traceId: 'a1', spans: cart(false) },
  { traceId: 'a2', spans: cart(true) },
  { traceId: 'b2', spans: long },
  { traceId: 'c3', spans: odd },
]

const views = {
  search: '#query={ name = "GET /cart" }',
  trace: '#view=trace&trace=a1',
  'a trace of 10,000 spans': '#view=trace&trace=b2',
  'an odd trace': '#view=trace&trace=c3',
  'a comparison': '#view=compare&marked=a1,a2',
  'a comparison side by side': '#view=compare&marked=a1,a2&layout=sides',
}

describe.skipIf(!hasBrowser)('views of traces in a browser, which are skipped where there is none', () => {
  let stage: PageStage
  beforeAll(async () => {
    stage = await PageStage.start(traces)
  })
  afterAll(() => stage?.close())
  afterEach(() => stage.check())

  test('a policy forbids all that is not the page itself', async () => {
    const response = await fetch(stage.url)
    const policy = response.headers.get('content-security-policy')!.split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy.filter(one => /unsafe|\*|data:|https?:/.test(one))).toEqual(['img-src data:'])
    const page = await stage.open(views['an odd trace'])
    await page.evaluate(`
      const script = document.createElement('script')
      script.textContent = 'window.broken = 1'
      const image = document.createElement('div')
      image.innerHTML = '<img src="data:," onerror="window.broken = 1">'
      document.body.append(script, image)`)
    await expect.poll(() => stage.problems.length).toBeGreaterThan(1)
    expect(stage.problems.every(text => text.includes('Content Security Policy'))).toBe(true)
    stage.problems = []
  })

  test.each(Object.entries(views))(
    'axe finds nothing serious in %s, light and dark, wide and narrow',
    async (_, fragment) => {
      for (const [colorScheme, width] of [
        ['light', 1400],
        ['dark', 400],
      ] as const) {
        const page = await stage.open(fragment, { colorScheme, viewport: { width, height: 900 } })
        await page.locator('a.row, [role=treeitem]').first().waitFor()
        expect(await accessibilityProblems(page)).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
        await stage.check()
      }
    },
  )

  test('the builder writes a query by keys alone, and reads what was typed', async () => {
    const page = await stage.open('')
    await page.getByText('4 traces in').waitFor()
    await page.keyboard.press('b')
    await page.keyboard.type('store')
    await page.getByLabel('Duration from').focus()
    await page.keyboard.type('150')
    await page.getByText('not a time').waitFor()
    await expect.poll(() => page.getByLabel('TraceQL query').inputValue()).toBe('{ resource.service.name = "store" }')
    await page.keyboard.type('0ms')
    await page.getByRole('button', { name: 'Add an attribute' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Attribute 1', { exact: true }).focus()
    await page.keyboard.type('span.rows')
    const values = '[...document.querySelectorAll("fieldset label:last-of-type option")].map(one => one.value)'
    await expect.poll(() => page.evaluate(values)).toEqual(['500'])
    await page.getByLabel('Value 1').focus()
    await page.keyboard.type('500')
    await page.keyboard.press('Enter')
    await page.getByText('1 trace in').waitFor()
    const query = '{ resource.service.name = "store" && duration >= 1s500ms && span.rows = 500 }'
    await expect.poll(() => page.getByLabel('TraceQL query').inputValue()).toBe(query)
    await page.getByLabel('TraceQL query').fill('{ name = "read" } >> { }')
    await page.getByText('so it is not shown here').waitFor()
    await page.getByLabel('TraceQL query').fill('{ status = error && .a =~ "b.*" } | count() > 1')
    await expect.poll(() => page.getByLabel('Status').inputValue()).toBe('error')
    await expect.poll(() => page.getByLabel('Value 1').inputValue()).toBe('b.*')
    await page.getByText('followed by | count() > 1').waitFor()
  })

  test('a span shows its events, failures and links, and a link leads to its span', async () => {
    const page = await stage.open(views.trace)
    await page.getByRole('treeitem').first().waitFor()
    const places = '[...document.querySelectorAll(".event")].map(one => one.style.left)'
    expect(await page.evaluate(places)).toEqual(['50%', '100%'])
    expect(await page.locator('.event').first().getAttribute('title')).toBe(`${markup} after 500 ms`)
    expect(await page.getByRole('img', { name: 'failed' }).count()).toBe(1)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('complementary').getByRole('link').focus()
    await page.keyboard.press('Enter')
    await page.getByText('10,000 spans').waitFor()
    await expect.poll(() => page.locator('[aria-selected=true]').textContent()).toContain('step 3999')
    await page.goBack()
    await page.getByText('4 spans').waitFor()
    await page.locator('a.link').click()
    await page.getByText('10,000 spans').waitFor()
  })

  test.each([
    ['orphan', '0000000000000063, which is not in this trace, or below this span'],
    ['of a circle', '0000000000000005, which is not in this trace, or below this span'],
    ['of the same circle', '0000000000000004'],
  ])('the parent of the span %j is named', async (name, parent) => {
    const page = await stage.open(views['an odd trace'])
    await page.getByRole('treeitem', { name, exact: false }).first().click()
    const said = page.getByRole('complementary').locator('dl > div', { hasText: 'parent' })
    expect(await said.textContent()).toBe(`parent${parent}`)
  })

  test('the window of the minimap is drawn, dragged and moved by keys', async () => {
    const page = await stage.open(views['a trace of 10,000 spans'])
    const window = page.getByRole('slider', { name: 'Time shown', exact: true })
    await window.waitFor()
    const shown = () => window.getAttribute('aria-valuetext')
    const { x, y, width } = (await page.locator('.minimap').boundingBox())!
    const drag = async (from: number, to: number) => {
      await page.mouse.move(x + from * width, y + 20)
      await page.mouse.down()
      await page.mouse.move(x + to * width, y + 20, { steps: 3 })
      await page.mouse.up()
    }
    await drag(0.5, 0.75)
    await expect.poll(shown).toBe('5 s to 7.5 s')
    await drag(0.6, 0.4)
    await expect.poll(shown).toBe('3 s to 5.5 s')
    await window.focus()
    await page.keyboard.press('PageDown')
    await expect.poll(shown).toBe('5.5 s to 8 s')
    await page.getByRole('slider', { name: 'End' }).focus()
    await page.keyboard.press('End')
    await expect.poll(shown).toBe('5.5 s to 10 s')
    expect(await page.locator('.axis').textContent()).toContain('5.5 s')
    await page.keyboard.press('0')
    await expect.poll(shown).toBe('0 ns to 10 s')
  })

  test('rows fold, unfold and are found within a trace', async () => {
    const page = await stage.open(views['a trace of 10,000 spans'])
    await page.getByRole('button', { name: 'Collapse all' }).click()
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(1)
    await page.getByRole('tree').focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(3)
    await page.keyboard.press('/')
    await page.keyboard.type('STEP 999')
    await page.getByText('11 found').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('1 of 11 found').waitFor()
    await expect.poll(() => page.locator('[aria-selected=true]').textContent()).toContain('step 999')
    await page.keyboard.press('Shift+Enter')
    await page.getByText('11 of 11 found').waitFor()
    await page.getByRole('button', { name: 'Expand all' }).click()
    await expect.poll(() => page.getByRole('treeitem').count()).toBeGreaterThan(40)
  })

  test('two traces are marked and compared by keys, and the address says so', async () => {
    const page = await stage.open(views.search)
    await page.getByText('2 traces in').waitFor()
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByText('2 traces marked').waitFor()
    await page.keyboard.press('c')
    const rows = page.getByRole('treeitem')
    await rows.first().waitFor()
    expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('marked')!.split(',').sort()).toEqual([
      'a1',
      'a2',
    ])
    const texts = (await rows.allTextContents()).map(text => text.replaceAll(/[▾▸\s]+/g, ' ').trim())
    expect(texts.map(text => text.replaceAll(/\bnot in [AB]\b/g, 'absent')).slice(0, 2)).toEqual([
      expect.stringMatching(/^shop GET \/cart1 × [13] s1 × [13] s[+-]2 s$/),
      expect.stringMatching(/^store read2 × [24] s ✖ 12 × [24] s ✖ 1[+-]2 s$/),
    ])
    expect(texts.filter(text => text.includes('not in')).length).toBe(2)
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByLabel('Layout').selectOption('sides')
    await expect.poll(() => page.getByRole('tree').count()).toBe(2)
    expect(page.url()).toContain('layout=sides')
    await page.getByRole('link', { name: '← Search' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('2 traces marked').waitFor()
  })
})
