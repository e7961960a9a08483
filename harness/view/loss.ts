import { medianOf } from '../../lib/median.ts'
import { nameOf } from '../runs/row-name.ts'
import type { Row, Run } from '../runs/run-schema.ts'
import { percent, plural, roughPercent, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'

type Price = Row['price'][number]
type AttributeLoss = Row['attributes'][number]

const meaning =
  'Errors of answers from what was kept, against the original: median and worst over the groups of an answer ' +
  '(relative; a missing group counts as 100 %), or the share of traces that a search misses or makes up.'

/** At the terminal: what survives, and what answers have lost. Empty where no row lost anything that was priced. */
export function lossPage({ rows }: Pick<Run, 'rows'>): Page {
  const priced = pricedRows(rows)
  if (priced.length === 0) return []
  return [
    `\nWhat the loss costs. Traces that come back whole, and attributes:`,
    survivedTable(priced),
    `\n${meaning}`,
    questionTable(priced),
    ...unanswerableLines(priced),
  ]
}

/** The section of a committed page. */
export function lossSection({ rows }: { readonly rows: readonly Row[] }): Page {
  const priced = pricedRows(rows)
  if (priced.length === 0) return []
  return [
    '## What the loss costs',
    'Traces that come back whole: of all, of those with errors, of slow ones (the slowest hundredth of their operation, or ' +
      'of all), of rare ones (of templates that ten traces or fewer have). Attributes are missing where no span has them ' +
      'any more, and diverse where some of their values are gone.',
    survivedTable(priced),
    meaning,
    questionTable(priced),
    ...unanswerableLines(priced).map(line => `- ${line}`),
    ...(priced.some(hasBounds)
      ? ['Share of groups whose 95 % bounds do not hold the truth:', boundsTable(priced)]
      : []),
    ...priced.flatMap(attributeSection),
  ]
}

function pricedRows(rows: readonly Row[]): Row[] {
  return rows.filter(({ price, survived }) => survived !== null && price.length > 0)
}

function survivedTable(rows: readonly Row[]): Table {
  return tableOf(
    rows,
    [
      text('phase', nameOf),
      number('whole', ({ survived }) => survived!.all, roughPercent, { keep: 3 }),
      number('errors', ({ survived }) => survived!.errors, roughPercent, { keep: 2 }),
      number('slow', ({ survived }) => survived!.slow, roughPercent, { keep: 2 }),
      number('rare', ({ survived }) => survived!.rare, roughPercent, { keep: 1 }),
      number('missing', ({ attributes }) => attributes.filter(isMissing).length),
      number('diverse', ({ attributes }) => attributes.filter(isDiverse).length),
      number('error', ({ price }) => medianOf(price.flatMap(({ medianError }) => medianError ?? [])), roughPercent, {
        keep: 2,
      }),
    ],
    'survived',
  )
}

function isMissing({ keptSpans }: AttributeLoss): boolean {
  return keptSpans === 0
}

function isDiverse({ keptSpans, hadValues, keptValues }: AttributeLoss): boolean {
  return keptSpans > 0 && keptValues < hadValues
}

/** `2.1 % … 35 %`: median and worst, or one where they are the same; a dash where no question was answered. */
export function priceWords({ medianError, worstError, asked, unanswerable }: Price): string {
  if (unanswerable === asked) return 'no answer'
  const words =
    medianError === worstError
      ? roughPercent(medianError)
      : `${roughPercent(medianError)} … ${roughPercent(worstError)}`
  return unanswerable === 0 ? words : `${words}, ${unanswerable} of ${asked} no answer`
}

function boundsTable(rows: readonly Row[]): Table {
  return questionTable(rows.filter(hasBounds), 'bounds', ({ outside }) => ({ value: outside, words: percent(outside) }))
}

function hasBounds({ price }: Row): boolean {
  return price.some(({ outside }) => outside !== null)
}

function questionTable(rows: readonly Row[], name?: string, cell?: Cell): Table {
  const columns = rows.map(({ phase, variant, price }) => ({
    header: variant === 'default' ? phase : `${phase} ${variant}`,
    price,
  }))
  return pricesTable(columns, name, cell)
}

type Cell = (price: Price) => { value: number | null; words: string }

/** A line for each question, and of each column what a cell tells of its price. */
export function pricesTable(
  columns: readonly { header: string; price: readonly Price[] }[],
  name = 'price',
  cell: Cell = price => ({ value: price.medianError, words: priceWords(price) }),
): Table {
  const questions = [...new Set(columns.flatMap(({ price }) => price.map(({ question }) => question)))]
  return tableOf(
    questions,
    [
      text('question', question => question),
      ...columns.map(({ header, price }) =>
        number<string>(header, question => {
          const found = price.find(one => one.question === question)
          return found === undefined ? null : cell(found)
        }),
      ),
    ],
    name,
  )
}

/** What can no longer be answered, with the reason. */
function unanswerableLines(rows: readonly Row[]): string[] {
  return rows.flatMap(({ phase, variant, price }) =>
    price
      .filter(({ unanswerable }) => unanswerable > 0)
      .map(({ question, asked, unanswerable, reason }) => {
        const many = asked === 1 ? '' : ` (${unanswerable} of ${asked})`
        return `${phase} ${variant} cannot answer ${question}${many}: ${reason}`
      }),
  )
}

/** Attributes on a page: those that lost most. */
const shownAttributes = 12

function attributeSection(row: Row): Page {
  const lost = row.attributes.filter(one => isMissing(one) || isDiverse(one))
  if (lost.length === 0) return []
  const rest = lost.length > shownAttributes ? `, the first ${shownAttributes} of them` : ''
  return [
    `${nameOf(row)}: ${plural(lost.length, 'attribute')} missing or diverse${rest}:`,
    tableOf(lost.slice(0, shownAttributes), [
      text('attribute', ({ name }) => name, { maxWidth: 40 }),
      text('now', one => (isMissing(one) ? 'missing' : 'diverse')),
      number('spans had it', ({ hadSpans }) => hadSpans, whole),
      number('have it', ({ keptSpans }) => keptSpans, whole),
      number('values', ({ hadValues }) => hadValues, whole),
      number('left', ({ keptValues }) => keptValues, whole),
    ]),
  ]
}
