import { barFigure } from '../charts/bars.ts'
import { dotRowFigure } from '../charts/dot-rows.ts'
import type { Figure } from '../charts/figure.ts'
import { lineFigure } from '../charts/lines.ts'
import { scatterFigure } from '../charts/scatter.ts'
import { stackedFigure } from '../charts/stacked-bars.ts'
import { nameOf } from '../runs/row-name.ts'
import type { Input, Row, Run } from '../runs/run-schema.ts'
import { fixed, mebibytes, whole } from '../text/format.ts'
import type { Picture } from './document.ts'

/** The pictures of a run's page of Markdown; none where no row was earned. */
export function runPictures(run: Pick<Run, 'input' | 'rows'>): Picture[] {
  const earned = run.rows.filter(isEarned)
  if (earned.length === 0) return []
  return [
    { suffix: '-size', figure: sizeFigure(run, earned) },
    { suffix: '-cpu', figure: cpuFigure(run, earned) },
  ]
}

/** At least a thousandth: the axis is logarithmic. */
function microsPerSpan(seconds: number, { spanCount }: Input): number {
  return Math.max(1e-3, (seconds * 1e6) / spanCount)
}

/** Two digits that count. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(2)))
}

/** True of a row that has numbers. */
export function isEarned(row: Row): boolean {
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
  const micros = (seconds: number | null) => microsPerSpan(seconds ?? 0, input)
  return scatterFigure({
    title: 'Size against CPU time',
    subtitle: `${input.source}; filled: encode, hollow: decode; better is down and to the left`,
    x: { label: 'B/span', scale: 'log', print: shortNumber },
    y: { label: 'µs/span', scale: 'log', print: shortNumber },
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

/** Parts with names of their own in the picture; what else there is is one. */
const maxParts = 7

/** Bytes per span by part, of the rows that know their parts; undefined where none does. */
export function partFigure({ input }: Pick<Run, 'input'>, earned: readonly Row[]): Figure | undefined {
  const bars = earned.flatMap(row => (row.parts === null ? [] : [{ row, parts: familiesOf(row.parts) }]))
  if (bars.length === 0) return undefined
  // By their shares: the largest file would else name them all.
  const shares = new Map<string, number>()
  for (const { row, parts } of bars)
    for (const [name, bytes] of parts) shares.set(name, (shares.get(name) ?? 0) + bytes / row.sizeBytes!)
  const largest = [...shares].sort((a, b) => b[1] - a[1]).slice(0, maxParts)
  const names = largest.map(([name]) => name)
  return stackedFigure({
    title: 'Bytes per span by part',
    subtitle: `${input.source}; the ${names.length} largest parts, and the others together`,
    label: 'B/span',
    print: fixed(1),
    bars: bars.map(({ row, parts }) => {
      const others = [...parts].filter(([name]) => !names.includes(name)).reduce((sum, [, bytes]) => sum + bytes, 0)
      const own = names.map(name => ({ name, value: (parts.get(name) ?? 0) / input.spanCount }))
      return { name: labelOf(row), parts: [...own, { name: 'others', value: others / input.spanCount }] }
    }),
  })
}

/** What a column takes in all its encodings. */
function familiesOf(parts: Readonly<Record<string, number>>): Map<string, number> {
  const families = new Map<string, number>()
  for (const [part, bytes] of Object.entries(parts)) {
    const name = part.replace(/^span\.attributes\./, 'span ').replace(/:.*/, '')
    families.set(name, (families.get(name) ?? 0) + bytes)
  }
  return families
}

/** Times of encoding and decoding with their spreads. */
export function timeFigure({ input }: Pick<Run, 'input'>, earned: readonly Row[]): Figure {
  const micros = (seconds: number | null) => (seconds === null ? null : microsPerSpan(seconds, input))
  return dotRowFigure({
    title: 'CPU time with its spread',
    subtitle: `${input.source}; bars: the median absolute deviation of the rounds`,
    rows: earned.map(labelOf),
    x: { label: 'µs/span', scale: 'log', print: shortNumber },
    sets: [
      {
        name: 'encode',
        isFilled: true,
        values: earned.map(row => micros(row.encodeCpuSeconds)),
        spreads: earned.map(row => row.encodeSpread),
      },
      {
        name: 'decode',
        isFilled: true,
        values: earned.map(row => micros(row.decodeCpuSeconds)),
        spreads: earned.map(row => row.decodeSpread),
      },
    ],
  })
}

/** Peak memory of encoding and decoding. */
export function memoryFigure({ input }: Pick<Run, 'input'>, earned: readonly Row[]): Figure {
  return dotRowFigure({
    title: 'Peak memory of a process',
    subtitle: input.source,
    rows: earned.map(labelOf),
    x: { label: 'MiB', scale: 'log', print: whole },
    sets: [
      { name: 'encode', isFilled: true, values: earned.map(row => mebibytes(row.encodePeakBytes)) },
      { name: 'decode', isFilled: true, values: earned.map(row => mebibytes(row.decodePeakBytes)) },
    ],
  })
}

/** Bytes per span of a row in runs of the same data, in their order. */
export function historyFigure(name: string, runs: readonly Run[]): Figure | undefined {
  const points = runs.flatMap(({ rows }, i): [number, number][] => {
    const value = rows.find(row => nameOf(row) === name)?.bytesPerSpan
    return value == null ? [] : [[i + 1, value]]
  })
  if (points.length === 0) return undefined
  return lineFigure({
    title: `${name}, run by run`,
    subtitle: `${runs[0]!.input.source}; the newest to the right`,
    x: { label: 'run', scale: 'linear', print: whole },
    y: { label: 'B/span', scale: 'linear', print: fixed(2) },
    series: [{ name, points }],
  })
}
