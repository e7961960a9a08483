import { nameOf, type Row, type Run } from '../runs/run-schema.ts'
import { fixed } from '../text/format.ts'
import { drawBars } from './bars.ts'
import { drawScatter } from './scatter.ts'

/** The charts that stand beside a run's page, as SVG by file name; none where no row was earned. */
export function drawRun(run: Run): Record<string, string> {
  const earned = run.rows.filter(isEarned)
  const draw = [drawSizes, drawCpu]
  return Object.fromEntries(chartNames(run).map((file, i) => [file, draw[i]!(run, earned)]))
}

/** The files of the charts. */
export function chartNames({ input, rows }: Pick<Run, 'input' | 'rows'>): string[] {
  return rows.some(isEarned) ? [`${input.name}-size.svg`, `${input.name}-cpu.svg`] : []
}

function isEarned(row: Row): boolean {
  return row.bytesPerSpan !== null
}

function drawSizes({ input }: Run, earned: readonly Row[]): string {
  const floor = input.floorBytes / input.spanCount
  return drawBars({
    title: 'Bytes per span',
    subtitle: `${input.source}; long bars are cut`,
    bars: earned.map(row => ({ name: labelOf(row), value: row.bytesPerSpan! })),
    rule: { value: floor, label: `floor ${fixed(1)(floor)} (${input.floorKind})` },
    print: fixed(1),
  })
}

function drawCpu({ input }: Run, earned: readonly Row[]): string {
  const micros = (seconds: number | null) => Math.max(1e-3, ((seconds ?? 0) * 1e6) / input.spanCount)
  const print = (value: number) => String(Number(value.toPrecision(2)))
  return drawScatter({
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
