import type { SpanBatch } from '../../model/scan.ts'
import type { KeyedValue } from '../engine/answer-value.ts'
import { bucketLabel, type Groups, quantileLabel } from './accumulate.ts'
import type { Observations } from './cell-places.ts'
import { type GatherInput, gatherBatch } from './gather-batch.ts'
import { bucketExponent, type Distribution, labelsKey } from './series.ts'
import type { Contribution, SeriesMoments } from './trace-moments.ts'

/** How a pipeline's spans add to components, which are numbered from `first` on. */
export interface Adding {
  readonly input: GatherInput
  readonly first: number
  /** What values are divided by in the answer. */
  readonly unit: number
  find(key: string): SeriesMoments | undefined
  /** The values of a quantile's series. */
  distributionOf(key: string): Distribution | undefined
}

/** What the spans of a batch add to the components of a pipeline that counts. */
export async function contributionsOf(batch: SpanBatch, adding: Adding): Promise<Contribution[]> {
  const { cells } = await gatherBatch(batch, adding.input)
  return cells?.counted === undefined ? [] : ofKind(new Spans(cells.counted.observations, cells.groups), adding)
}

/** Spans of a batch, by group and interval. */
class Spans {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
  readonly values: Float64Array | undefined
  readonly codes: Uint32Array
  readonly #groups: Groups
  readonly #intervals: Observations['intervals']

  constructor({ rows, rowCount, intervals, codes, values }: Observations, groups: Groups) {
    this.rows = rows
    this.rowCount = rowCount
    this.values = values
    this.codes = codes
    this.#groups = groups
    this.#intervals = intervals
  }

  readonly intervalOf = (row: number): number => {
    const { first, byRow } = this.#intervals
    return byRow === undefined ? first : byRow[row]!
  }

  /** By row what belongs to the series of its group and some more labels, which `place` numbers. */
  bySeries<T>(
    make: (key: string) => T,
    more: (row: number) => readonly KeyedValue[] = () => [],
    place: (row: number) => number = () => 0,
  ): (row: number) => T {
    const known: T[][] = []
    return row => {
      const code = this.codes[row]!
      known[code] ??= []
      known[code][place(row)] ??= make(labelsKey([...this.#groups.labels(code), ...more(row)]))
      return known[code][place(row)]!
    }
  }
}

function ofKind(spans: Spans, adding: Adding): Contribution[] {
  const { input, first, unit } = adding
  const { rows, rowCount, intervalOf, values } = spans
  const own = { rows, rowCount, intervalOf }
  const find = (key: string) => adding.find(key) ?? null
  const found = (seriesOf: (row: number) => SeriesMoments | null) => (row: number) => seriesOf(row) ?? undefined
  const seriesOf = found(spans.bySeries(find))
  const one = { ...own, component: first, seriesOf, amountOf: () => 1 }
  switch (input.aggregate.kind) {
    case 'rate':
    case 'count_over_time':
      return [one]
    case 'sum_over_time':
      return [{ ...one, amountOf: row => values![row]! }]
    case 'avg_over_time':
      return [
        { ...one, amountOf: row => values![row]! },
        { ...one, component: first + 1, amountOf: row => (Number.isNaN(values![row]) ? Number.NaN : 1) },
      ]
    case 'histogram_over_time': {
      const exponentOf = (row: number) => bucketExponent(values![row]!)
      const ofBuckets = found(spans.bySeries(find, row => [bucketLabel(exponentOf(row), unit)], exponentOf))
      return [{ ...one, seriesOf: row => (values![row]! >= 2 ? ofBuckets(row) : undefined) }]
    }
    case 'quantile_over_time':
      return input.aggregate.quantiles.flatMap(share => ofQuantile(spans, adding, share))
    case 'min_over_time':
    case 'max_over_time':
      return []
  }
}

function ofQuantile(spans: Spans, adding: Adding, share: number): Contribution[] {
  const { input, first } = adding
  const { rows, rowCount, intervalOf, values } = spans
  const labels = [quantileLabel(share)]
  const seriesOf = spans.bySeries(
    key => adding.find(key) ?? null,
    () => labels,
  )
  const distributions = spans.bySeries(
    key => adding.distributionOf(key)!,
    () => labels,
  )
  const isCounted = (row: number) => (input.isExact ? !Number.isNaN(values![row]) : values![row]! >= 2)
  const known = spans.bySeries((): ((value: number) => number)[] => [])
  const partOf = (row: number) => {
    const [byInterval, interval] = [known(row), intervalOf(row)]
    byInterval[interval] ??= distributions(row).below(share, interval)
    return byInterval[interval](values![row]!)
  }
  const own = {
    ...{ rows, rowCount, intervalOf },
    seriesOf: (row: number) => (isCounted(row) ? (seriesOf(row) ?? undefined) : undefined),
  }
  return [
    { ...own, component: first, amountOf: partOf },
    { ...own, component: first + 1, amountOf: () => 1 },
  ]
}
