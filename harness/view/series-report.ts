import { type Intervals, labelsMs } from '../../lib/traceql/metrics/intervals.ts'
import type { MetricsAnswer, SeriesAnswer } from '../../lib/traceql/metrics/metrics.ts'
import type { Figure } from '../charts/figure.ts'
import { lineFigure, type Series } from '../charts/lines.ts'
import { whole } from '../text/format.ts'
import { shorten } from '../text/names.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { printNanos, printTime } from '../text/times.ts'
import { printKeyed } from './any-value.ts'
import { sparkline, squeeze } from './sparkline.ts'

const maxName = 60
const sparkWidth = 48
/** More lines than this no one can tell apart. */
const maxLines = 12
/** More points than this no line of a picture can show. */
const maxPoints = 400

/** A row a series: how many points it has, their range, and their course. */
export function seriesTable({ series }: MetricsAnswer, intervals: Intervals): Table {
  const rows = series.map(one => {
    const values = valuesOf(one, intervals)
    return { name: nameOf(one), values, present: values.filter(value => !Number.isNaN(value)) }
  })
  return tableOf(rows, [
    text('series', ({ name }) => name, { maxWidth: 60 }),
    number('points', ({ present }) => present.length),
    number('least', ({ present }) => -largest(present.map(value => -value)), printValue),
    number('mean', ({ present }) => sumOf(present) / present.length, printValue, { keep: 1 }),
    number('most', ({ present }) => largest(present), printValue, { keep: 1 }),
    text('course', ({ values }) => sparkline(values, sparkWidth), { keep: 1 }),
  ])
}

/** The largest series as lines over time. */
export function seriesFigure(query: string, { series }: MetricsAnswer, intervals: Intervals): Figure {
  const { startNanos, stepNanos, count } = intervals
  const unit = axisUnit(Number(stepNanos) * count)
  const all = series.map(own => ({ name: nameOf(own), values: valuesOf(own, intervals) }))
  const lines = all
    .filter(({ values }) => values.some(Number.isFinite))
    .sort((a, b) => largest(b.values) - largest(a.values))
    .slice(0, maxLines)
  const shown = lines.map(({ name, values }): Series => {
    const squeezed = squeeze(values, maxPoints)
    const width = (Number(stepNanos) * count) / squeezed.length / unit.nanos
    const points = squeezed.map((value, i) => [(i + 1) * width, value] as const)
    return { name: shorten(name, 24), points: points.filter(([, value]) => Number.isFinite(value)) }
  })
  const left = series.length > lines.length ? `; the ${lines.length} largest of ${whole(series.length)} series` : ''
  return lineFigure({
    title: shorten(query.replaceAll(/\s+/g, ' '), 90),
    subtitle: `${printTime(startNanos)} and on, step ${printNanos(stepNanos)}${left}`,
    x: { label: `${unit.name} since the start`, scale: 'linear', print: printValue },
    y: { label: 'value', scale: 'linear', print: printValue },
    series: shown,
  })
}

/** By interval the value, NaN where there is none. */
function valuesOf({ samples }: SeriesAnswer, intervals: Intervals): number[] {
  const places = new Map(labelsMs(intervals).map((label, i) => [label, i]))
  const values: number[] = new Array(intervals.count).fill(Number.NaN)
  for (const { timestampMs, value = 0 } of samples) values[places.get(timestampMs)!] = value
  return values
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (value > most ? value : most), Number.NEGATIVE_INFINITY)
}

function nameOf({ labels }: SeriesAnswer): string {
  return labels.length === 0 ? 'all' : shorten(printKeyed(labels), maxName)
}

/** Five significant digits. */
function printValue(value: number | null): string {
  if (value === null) return whole(value)
  return value.toLocaleString('en', { maximumSignificantDigits: 5 })
}

const axisUnits = [
  { name: 'days', nanos: 864e11 },
  { name: 'hours', nanos: 36e11 },
  { name: 'minutes', nanos: 6e10 },
  { name: 'seconds', nanos: 1e9 },
  { name: 'milliseconds', nanos: 1e6 },
] as const

function axisUnit(rangeNanos: number) {
  return axisUnits.find(({ nanos }) => rangeNanos >= 3 * nanos) ?? axisUnits.at(-1)!
}
