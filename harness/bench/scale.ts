import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trace } from '../../lib/model/trace.ts'
import { inWorkFolder } from '../../lib/storage/work-folder.ts'
import type { Figure } from '../charts/figure.ts'
import { lineFigure } from '../charts/lines.ts'
import type { Candidate } from '../lab/rows.ts'
import type { LabTasks } from '../lab/tasks.ts'
import { readDataset, writeDataset } from '../open/dataset.ts'
import type { TraceSource } from '../open/source.ts'
import { taskRunner } from '../process/run-task.ts'
import { nameOf } from '../runs/row-name.ts'
import { fixed, whole } from '../text/format.ts'
import { printMarkdownPage } from '../text/page.ts'
import type { Progress } from '../text/progress.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { printSource } from '../view/report.ts'

const runTask = taskRunner<LabTasks>()

/** Bytes per span of each phase on the first so many traces. */
export interface Scale {
  title: string
  /** What was read and what was left out, in lines. */
  notes: string[]
  steps: { traceCount: number; spanCount: number }[]
  /** By step; null where the round trip was not proved. */
  rows: { name: string; bytesPerSpan: (number | null)[] }[]
}

/** Proves and measures each candidate on growing parts of the source: 10, 30, 100 … traces, and all of them. */
export async function measureScale(
  source: TraceSource,
  candidates: readonly Candidate[],
  progress: Progress,
): Promise<Scale> {
  return inWorkFolder(async folder => {
    const all = await writeDataset(folder, 'all', source.traces, () => {})
    const loaded = candidates.filter(({ phase }) => phase)
    const scale: Scale = {
      title: source.title,
      notes: printSource(source),
      steps: [],
      rows: loaded.map(one => ({ name: rowName(one), bytesPerSpan: [] })),
    }
    for (const traceCount of stepsUpTo(all.traceCount)) {
      const part = await writeDataset(folder, 'part', firstTraces(readDataset(all.path), traceCount), () => {})
      scale.steps.push({ traceCount, spanCount: part.spanCount })
      const stage = progress.stage(`${whole(traceCount)} traces`, part.spanCount * 2 * loaded.length)
      for (const [i, { path, variant, options }] of loaded.entries()) {
        const job = { phasePath: path, variant, options, dataset: part.path, file: join(folder, 'encoded') }
        const proof = await runTask('prove', job, stage.advance).catch(() => undefined)
        const isProved = proof?.problem === null
        scale.rows[i]!.bytesPerSpan.push(isProved ? proof.encoded.sizeBytes / part.spanCount : null)
      }
      stage.end()
      await rm(part.path, { force: true })
    }
    return scale
  })
}

/** The curve as a table, a line a phase. */
export function scaleTable({ steps, rows }: Scale): Table {
  return tableOf(rows, [
    text('B/span on the first … traces', ({ name }) => name),
    ...steps.map(({ traceCount }, i) =>
      number<Scale['rows'][number]>(whole(traceCount), ({ bytesPerSpan }) => bytesPerSpan[i]!, fixed(2), { keep: i }),
    ),
  ])
}

/** The curve. Phases without compression would hide the others: see the table for them. */
export function scaleFigure({ title, steps, rows }: Scale): Figure {
  return lineFigure({
    title: 'Bytes per span by number of traces',
    subtitle: title,
    x: { label: 'traces', scale: 'log', print: value => whole(value) },
    y: { label: 'B/span', scale: 'log', print: value => whole(value) },
    series: rows.flatMap(({ name, bytesPerSpan }) => {
      const points = bytesPerSpan.flatMap((value, i): [number, number][] =>
        value === null ? [] : [[steps[i]!.traceCount, value]],
      )
      return points.length > 0 ? [{ name, points }] : []
    }),
  })
}

/** The page of the curve. */
export function renderScale(scale: Scale, chart: string): string {
  return printMarkdownPage(['# Bytes per span by number of traces', ...scale.notes, `![](${chart})`, scaleTable(scale)])
}

function stepsUpTo(traceCount: number): number[] {
  const steps = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap(power => [power, 3 * power])
  return [...steps.filter(step => step >= 10 && step < traceCount), traceCount]
}

async function* firstTraces(
  batches: AsyncIterable<readonly Trace[]>,
  traceCount: number,
): AsyncIterable<readonly Trace[]> {
  let left = traceCount
  for await (const batch of batches) {
    yield batch.slice(0, left)
    left -= batch.length
    if (left <= 0) return
  }
}

function rowName({ number, phase, variant }: Candidate): string {
  return nameOf({ phase: number, title: phase!.title, variant })
}
