import { expect, test } from 'vitest'
import { type Row, runSchema } from '../../../harness/runs/run-schema.ts'
import { printPage } from '../../../harness/text/page.ts'
import { lossPage, lossSection } from '../../../harness/view/loss.ts'

const price = { asked: 1, unanswerable: 0, reason: null, outside: null, missing: 0, invented: 0, basis: 'exact' }
const row = {
  phase: '09',
  variant: 'head',
  title: 'sampling',
  price: [
    { ...price, question: 'spans by service', medianError: 0.021, worstError: 1, outside: 0.05 },
    { ...price, question: 'search errors', medianError: 0.5, worstError: 0.5 },
    {
      ...price,
      question: 'trace by id',
      asked: 10,
      unanswerable: 9,
      reason: 'trace 1 is not kept',
      medianError: 0,
      worstError: 0,
    },
  ],
  survived: { all: 0.1, errors: 1, slow: null, rare: 0.5 },
  attributes: [
    { name: 'span.a', hadSpans: 9, keptSpans: 0, hadValues: 3, keptValues: 0 },
    { name: 'span.b', hadSpans: 9, keptSpans: 9, hadValues: 3, keptValues: 1 },
    { name: 'span.c', hadSpans: 9, keptSpans: 8, hadValues: 3, keptValues: 3 },
  ],
} as unknown as Row

test('the price of a row at the terminal is narrow: what survives, and errors by question', () => {
  const text = printPage(lossPage({ rows: [row] }), 'table', { width: 80, hasColors: false })
  expect(text).toMatch(/09 sampling, head +10 % +100 % +– +50 % +1 +1 +2\.1 %/)
  expect(text).toMatch(/spans by service +2\.1 % … 100 %/)
  expect(text).toMatch(/search errors +50 %/)
  expect(text).toMatch(/trace by id +0, 9 of 10 no answer/)
  expect(text).toContain('09 head cannot answer trace by id (9 of 10): trace 1 is not kept')
  expect(text).not.toContain('not shown')
})

test('the page of a run tells which attributes are missing or diverse, and whether bounds hold', () => {
  const text = printPage(lossSection({ rows: [row] }), 'markdown', { width: 80, hasColors: false })
  expect(text).toContain('09 sampling, head: 2 attributes missing or diverse:')
  expect(text).toMatch(/\| span\.a +\| missing \| +9 \| +0 \| +3 \| +0 \|/)
  expect(text).toMatch(/\| span\.b +\| diverse \|/)
  expect(text).toMatch(/\| spans by service +\| +5\.0 % \|/)
})

test('rows without a price, as in runs of before, have no section', () => {
  const { price: _, survived, attributes, ...old } = row
  const read = runSchema.shape.rows.element.pick({ price: true, survived: true, attributes: true }).parse(old)
  expect(read).toEqual({ price: [], survived: null, attributes: [] })
  expect(lossSection({ rows: [{ ...row, ...read }] })).toEqual([])
  expect(lossPage({ rows: [{ ...row, ...read }] })).toEqual([])
})
