import { barFigure } from '../charts/bars.ts'
import type { Figure } from '../charts/figure.ts'
import { scatterFigure } from '../charts/scatter.ts'
import { nameOf, type Row, type Run } from '../runs/run-schema.ts'
import { fixed } from '../text/format.ts'

/** The charts that stand beside a run's page, by file name; none where no row was earned. */
export function chartsOf(run: Run): Record<string, Figure> {
  const earned = run.rows.filter(isEarned)
  const draw = [sizeFigure, cpuFigure]
  return Object.fromEntries(chartNames(run).map((file, i) => [file, draw[i]!(run, earned)]))
}

/** The files of the charts. */
export function chartNames({ input, rows }: Pick<Run, 'input' | 'rows'>): string[] {
  return rows.some(isEarned) ? [`${input.name}-size.svg`, `${input.name}-cpu.svg`] : []
}

function isEarned(row: Row): boolean {
  return row.bytesPerSpan !== null
}

/** Bytes per span beside the floor. */
export function sizeFigure({ input }: Pick<Run, 'input'>, earned: readonly Row[]): Figure {
  const floor = input.floorBytes / input.spanCount
  return barFigure({
    title: 'Bytes per span',
    subtitle: `${input.source}; long bars are cut`,
    bars: earned.map(row => ({ name: labelOf(row), value: row.bytesPerSpan! })),
    rule: { value: floor, label: `floor ${fixed(1)(floor)} (${input.floorKind})` },
    print: fixed(1),
  })
}

/** Size against the CPU time of encoding and decoding. */
export function cpuFigure({ input }: Pick<Run, 'input'>, earned: readonly Row[]): Figure {
  const micros = (seconds: number | null) => Math.max(1e-3, ((seconds ?? 0) * 1e6) / input.spanCount)
  const print = (value: number) => String(Number(value.toPrecision(2)))
  return scatterFigure({
    title: 'Size against CPU time',
    subtitle: `${input.source}; filled: encode, hollow: decode; better is down and to the left`,
    x: { label: 'B/span', scale: 'log', print },
    y: { label: 'µs/span', scale: 'log', print },
    dots: earned.map(row => ({
      name: labelOf(row),
      x: row.bytesPerSpan!,
      ys: [micros(row.encodeCpuSeconds), micros(row.decodeCpuSeconds)],
    })),
    rule: { x: input.floorBytes / input.spanCount, label: 'floor' },
  })
}

const longestLabel = 36

/** A row that does not keep all says so. */
function labelOf(row: Row): string {
  const name = nameOf(row)
  const suffix = row.fidelity === 'exact' ? '' : ` (${row.fidelity})`
  const room = longestLabel - suffix.length
  return (name.length > room ? `${name.slice(0, room - 1)}…` : name) + suffix
}
