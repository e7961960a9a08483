import type { Figure } from '../charts/figure.ts'
import { lineFigure } from '../charts/lines.ts'
import type { LossCurve, LossRow } from '../runs/loss-curve-schema.ts'
import { fixed, percent, roughPercent, times, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { type Column, number, type Table, tableOf, text } from '../text/table.ts'
import type { Document } from './document.ts'
import { pricesTable } from './loss.ts'
import { printMachine } from './run-lines.ts'

/** The questions that tables and pictures show; all others are in the JSON. */
const shown = [
  { question: 'spans by service', name: 'rate' },
  { question: 'errors by service', name: 'error rate' },
  { question: 'p95 by service', name: 'p95' },
] as const

/** At the terminal: the curve, and what reaches the ratios. */
export function lossCurvePage(curve: LossCurve): Page {
  return [exactLine(curve), curveTable(curve), ...emptyLines(curve), `\n${targetWords}`, targetTable(curve)]
}

/** The committed page. */
export function lossCurveDocument(curve: LossCurve): Document {
  const { input, environment } = curve
  return [
    `# What sampling costs: ${input.source}`,
    input.notes.join('\n'),
    exactLine(curve),
    'Bytes are of blockpack files, per span of the original; *of NDJSON* is the ratio that the original plans count in. ' +
      '*rate*, *error rate* and *p95* are median errors over services, relative, where a service that is missing counts as 100 %. *errors*, *slow* and *rare* are the shares of such traces that are kept; *outside* is the share of bounds that do not hold the truth.',
    curveTable(curve),
    ...emptyLines(curve),
    ...lossFigures(curve).map((figure, i) => ({ suffix: `-${i + 1}`, figure })),
    targetWords,
    targetTable(curve),
    '## All questions',
    'Median and worst error over groups, of policies with a share of 1 %:',
    pricesTable(hundredths(curve)),
    `${printMachine(environment, 'no times')}.`,
  ]
}

/** A picture for each question shown: bytes per span against the median error, a line for each kind of policy. */
function lossFigures({ input, rows }: LossCurve): Figure[] {
  return shown.map(({ question, name }) =>
    lineFigure({
      title: `Median error of the ${name} by service`,
      subtitle: `${input.source}; rates 0.1, 0.5, 1, 5, 10 %`,
      x: { label: 'B/span of the original, blockpack', scale: 'log', print: value => String(value) },
      y: { label: 'error', scale: 'linear', print: value => roughPercent(value) },
      series: [...new Set(rows.map(({ family }) => family))].map(family => ({
        name: family,
        points: rows
          .filter(row => row.family === family)
          .map(row => [row.bytesPerSpan, priceOf(row, question)?.medianError ?? 1] as const),
      })),
    }),
  )
}

function emptyLines({ empty }: LossCurve): string[] {
  return empty.length === 0 ? [] : [`Not one trace is kept by ${empty.join(', ')}`]
}

const targetWords = 'The largest rate or budget that gives these ratios to NDJSON, found by search:'

function exactLine({ input, exact, ndjsonBytes }: LossCurve): string {
  return (
    `NDJSON ${whole(ndjsonBytes)} B, ${whole(input.spanCount)} spans; all of them in blockpack ${whole(exact.bytes)} B, ` +
    `${fixed(2)(exact.bytesPerSpan)} B/span, ${times(exact.ratio)} of NDJSON, without error`
  )
}

const columns: readonly Column<LossRow>[] = [
  number('traces', row => row.traces, whole, { keep: 1 }),
  number('B/span', row => row.bytesPerSpan, fixed(3), { keep: 5 }),
  number('of NDJSON', row => row.ratio, times, { keep: 3 }),
  number('errors', row => row.survived.errors, roughPercent, { keep: 2 }),
  number('slow', row => row.survived.slow, roughPercent, { keep: 2 }),
  number('rare', row => row.survived.rare, roughPercent, { keep: 0 }),
  ...shown.map(({ question, name }) =>
    number<LossRow>(name, row => priceOf(row, question)?.medianError ?? null, roughPercent, { keep: 4 }),
  ),
  number('outside', outside, percent, { keep: 0 }),
]

function curveTable({ rows }: LossCurve): Table {
  return tableOf(rows, [text('policy', row => row.policy), ...columns], 'curve')
}

function targetTable({ targets }: LossCurve): Table {
  return tableOf(
    targets,
    [
      text('ratio', ({ ratio }) => `${ratio}x`),
      text('policy', ({ row }) => row.policy),
      ...columns.map(column => ({ ...column, value: ({ row }: LossCurve['targets'][number]) => column.value(row) })),
    ],
    'targets',
  )
}

/** Share of all groups whose bounds do not hold the truth: 5 % are to be expected. */
function outside({ price }: LossRow): number | null {
  const shares = price.flatMap(({ outside }) => outside ?? [])
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length
}

function priceOf({ price }: LossRow, question: string) {
  return price.find(one => one.question === question)
}

/** Of each kind of policy the row of a hundredth. */
function hundredths({ rows }: LossCurve) {
  return rows.filter(row => row.percent === 1).map(({ family, price }) => ({ header: family, price }))
}
