import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { renderHtml } from '../../../harness/conformance/page.ts'
import { conformanceJson, conformancePage } from '../../../harness/conformance/report.ts'
import type { Conformance } from '../../../harness/conformance/run.ts'
import { escapeMarkup } from '../../../harness/text/markup.ts'
import { printPage } from '../../../harness/text/page.ts'
import { readCases } from '../../../lib/conformance/cases.ts'

const facts = { version: '1', query: 'http://a', date: '2026-11-29', profile: 'the documents' }
const [first, second] = readCases(['nil'])
const found: Conformance = {
  run: { name: 'r', baseNanos: 0n },
  profile: undefined,
  notes: ['a note'],
  results: [
    { case: first!, verdict: { kind: 'right' }, millis: 1 },
    { case: second!, verdict: { kind: 'wrong', detail: 'spans: <an empty answer>' }, millis: 2 },
  ],
}

test('the page tells what was asked, expected and answered, and loads nothing', () => {
  const html = renderHtml(found, facts)
  expect(html).toContain('<h1>2 questions, 1 answers are not right</h1>')
  expect(html).toContain('<code>search { span.a = nil }</code>')
  expect(html).toContain('spans: &lt;an empty answer&gt;')
  expect(html).toContain('<details id="nil" open>')
  expect(html).not.toMatch(/<(?:script|link|img)|https?:\/\/(?!a,)/)
})

test('the terminal has a table by topic and each answer that is not right; JSON has every case', () => {
  const text = printPage(conformancePage(found), 'markdown', { width: 200 } as never)
  expect(text).toMatch(/\| nil +\| +2 \| +1 \| +1 \|/)
  expect(text).toMatch(/nil:\d+ \| wrong +\| search/)
  expect(text).toContain('1 of 2 answers are not right')
  const json = conformanceJson(found)
  expect(json.topics).toMatchObject([{ topic: 'nil', cases: 2, right: 1, wrong: 1 }, { topic: 'all' }])
  expect(json.cases[1]).toMatchObject({ topic: 'nil', verdict: 'wrong', detail: 'spans: <an empty answer>' })
})

test('the committed page has every case, and our store answers all of them right', () => {
  const path = fileURLToPath(new URL('../../../results/conformance.html', import.meta.url))
  const html = readFileSync(path, 'utf8')
  const cases = readCases()
  expect(html).toContain(`<h1>${cases.length} questions, all answers are right</h1>`)
  const asked = [...html.matchAll(/<br><code>([\s\S]*?)<\/code>/g)].map(([, text]) => text)
  expect(asked).toEqual(cases.map(({ text }) => escapeMarkup(text)))
})
