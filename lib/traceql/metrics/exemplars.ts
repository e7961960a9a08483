import type { SpanBatch } from '../../model/scan.ts'
import { traceKey } from '../../model/trace-id.ts'
import type { KeyedValue } from '../engine/answer-value.ts'
import { intTexts, overOneBase } from '../engine/numbers.ts'
import { textColumn } from '../engine/texts.ts'
import { View } from '../engine/view.ts'
import type { Observations } from './cell-places.ts'
import type { Exemplar } from './series.ts'

/** How many exemplars a series has. */
export interface Shown {
  /** Those that are chosen, read or not. */
  exemplarCount: number
  /** The last interval that has one. */
  exemplarInterval: number
}

/** A span that was chosen as exemplar of a series. */
export interface Choice<Series extends Shown> {
  readonly row: number
  readonly series: Series
  readonly code: number
  readonly interval: number
  readonly value: number
}

/** What is read of it: its trace, and when it starts. */
export interface ReadExemplar {
  readonly traceId: string
  readonly timestampMs: string
}

/** A span that was chosen elsewhere, with the code of its group. */
export type ChosenExemplar = Omit<Choice<Shown>, 'row' | 'series'> & ReadExemplar

/** Counts a span as exemplar, where the series lacks some and this is the first of an interval. */
export function takeExemplar(series: Shown, interval: number, maxExemplars: number): boolean {
  if (series.exemplarInterval === interval || series.exemplarCount >= maxExemplars) return false
  series.exemplarInterval = interval
  series.exemplarCount++
  return true
}

/** Spans to show for the series that lack some; `seriesOf` gives that of a group, or null. */
export function chooseExemplars<Series extends Shown>(
  { rows, rowCount, intervals, codes, values }: Observations,
  maxExemplars: number,
  seriesOf: (code: number) => Series | null,
): Choice<Series>[] {
  const choices: Choice<Series>[] = []
  if (maxExemplars === 0) return choices
  const known: (Series | null | undefined)[] = []
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = intervals.byRow === undefined ? intervals.first : intervals.byRow[row]!
    const value = values === undefined ? Number.NaN : values[row]!
    if (interval < 0 || (values !== undefined && Number.isNaN(value))) continue
    const code = codes[row]!
    known[code] ??= seriesOf(code)
    const series = known[code]
    if (series && takeExemplar(series, interval, maxExemplars)) choices.push({ row, series, code, interval, value })
  }
  return choices
}

/** Reads which traces the chosen spans are of and when they start. */
export async function readExemplars(batch: SpanBatch, choices: readonly Choice<Shown>[]): Promise<ReadExemplar[]> {
  if (choices.length === 0) return []
  const rows = Uint32Array.from(choices, ({ row }) => row).sort()
  const view = new View(batch, await batch.read(['trace:id', 'span:start'], rows))
  const starts = view.columns.get('span:start')
  const startText = intTexts(starts, overOneBase(starts, view.spanCount))
  const traceIds = textColumn(view.columns.get('trace:id'))
  const traceOf = view.traceOf()
  return choices.map(({ row }) => ({
    traceId: traceKey(traceIds(traceOf[row]!) ?? ''),
    timestampMs: startText(row).slice(0, -6),
  }))
}

/** Shows a span as exemplar of its series. */
export function showExemplar(
  { labels, exemplars }: { readonly labels: readonly KeyedValue[]; readonly exemplars: Exemplar[] },
  { traceId, timestampMs, value }: ReadExemplar & { readonly value: number },
): void {
  const own = labels.filter(({ key }) => key !== '__name__')
  exemplars.push({
    labels: [...own, { key: 'trace:id', value: { stringValue: traceId } }],
    value,
    timestampMs,
  })
}
