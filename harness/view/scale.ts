import type { Figure } from '../charts/figure.ts'
import { lineFigure } from '../charts/lines.ts'
import type { Scale, ScaleCost, ScaleRow } from '../runs/scale-schema.ts'
import { fixed, seconds, whole } from '../text/format.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import type { Document } from './document.ts'
import { printMachine } from './run-lines.ts'

/** What a phase takes per span, each with a table and a picture. */
const costs = [
  { name: 'B/span', title: 'Bytes per span', of: ({ bytesPerSpan }: ScaleCost) => bytesPerSpan, print: fixed(2) },
  {
    name: 'encode µs/span',
    title: 'CPU time to encode',
    of: ({ encodeMicros }: ScaleCost) => encodeMicros,
    print: seconds,
  },
  {
    name: 'decode µs/span',
    title: 'CPU time to decode',
    of: ({ decodeMicros }: ScaleCost) => decodeMicros,
    print: seconds,
  },
] as const
type Cost = (typeof costs)[number]

/** A table per cost, a line per phase. */
export function scaleTables(scale: Scale): Table[] {
  return costs.map(cost => scaleTable(scale, cost))
}

function scaleTable({ steps, rows }: Scale, { name, of, print }: Cost): Table {
  return tableOf(
    rows,
    [
      text(`${name} on the first … traces`, row => row.name),
      ...steps.map(({ traceCount }, i) =>
        number<ScaleRow>(whole(traceCount), ({ costs }) => costs[i]! && of(costs[i]), print, { keep: i }),
      ),
    ],
    name,
  )
}

/** The curve of a cost; undefined where none was earned. */
function scaleFigure({ input, steps, rows }: Scale, { name, title, of }: Cost): Figure | undefined {
  const series = rows.flatMap(row => {
    const points = row.costs.flatMap((cost, i): [number, number][] =>
      cost === null || of(cost) <= 0 ? [] : [[steps[i]!.spanCount, of(cost)]],
    )
    return points.length > 0 ? [{ name: row.name, points }] : []
  })
  if (series.length === 0) return undefined
  const print = (value: number) => String(Number(value.toPrecision(3)))
  return lineFigure({
    title: `${title} by number of spans`,
    subtitle: input.source,
    x: { label: 'spans', scale: 'log', print: whole },
    y: { label: name, scale: 'log', print },
    series,
  })
}

const suffixes = ['', '-encode', '-decode']

/** The committed page. */
export function scaleDocument(scale: Scale): Document {
  const tables = scaleTables(scale)
  return [
    '# Scale: bytes and CPU time per span by number of spans',
    ...scale.input.notes,
    ...costs.flatMap((cost, i) => {
      const figure = scaleFigure(scale, cost)
      return [...(figure === undefined ? [] : [{ suffix: suffixes[i]!, figure }]), tables[i]!]
    }),
    ...scaleProblems(scale).map(line => `- ${line}`),
    'Each part was proved by its round trip before it was timed. CPU time of the phase alone in a process of its own: of ' +
      'few spans it is that of code that V8 has not yet compiled.',
    `${printMachine(scale.environment, 'median of all rounds in 0.2 s, at least one')}.`,
  ]
}

/** What was not earned, a line each. */
export function scaleProblems({ rows }: Scale): string[] {
  return rows.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: PROBLEM: ${problem}`]))
}
