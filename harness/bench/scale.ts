import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, messageOf } from '../../lib/error.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { inWorkFolder } from '../../lib/storage/work-folder.ts'
import type { Candidate } from '../lab/rows.ts'
import type { LabTasks } from '../lab/tasks.ts'
import { readDataset, writeDataset } from '../open/dataset.ts'
import type { TraceSource } from '../open/source.ts'
import { taskRunner } from '../process/run-task.ts'
import { describeEnvironment } from '../runs/environment.ts'
import { nameOf } from '../runs/row-name.ts'
import type { Scale, ScaleCost } from '../runs/scale-schema.ts'
import { whole } from '../text/format.ts'
import type { Progress } from '../text/progress.ts'
import { benchInput } from '../view/report.ts'

const runTask = taskRunner<LabTasks>()

/** Proves and measures each candidate on growing parts of the source: 10, 30, 100 … traces, and all of them. */
export async function measureScale(
  source: TraceSource,
  candidates: readonly Candidate[],
  progress: Progress,
): Promise<Scale> {
  return inWorkFolder(async folder => {
    const all = await writeDataset(folder, 'all', source.traces, () => {})
    const rows = candidates.map(one => ({ one, costs: [] as (ScaleCost | null)[], problem: one.problem ?? null }))
    const steps: Scale['steps'][number][] = []
    for (const traceCount of stepsUpTo(all.traceCount)) {
      const { path, spanCount } = await writeDataset(
        folder,
        'part',
        firstTraces(readDataset(all.path), traceCount),
        () => {},
      )
      steps.push({ traceCount, spanCount })
      const stage = progress.stage(`${whole(traceCount)} traces`, spanCount * 4 * rows.length)
      for (const row of rows)
        try {
          row.costs.push(await measureStep(row.one, path, spanCount, join(folder, 'encoded'), stage.advance))
        } catch (error) {
          row.costs.push(null)
          row.problem ??= messageOf(error)
        }
      stage.end()
      await rm(path, { force: true })
    }
    return {
      kind: 'scale',
      input: benchInput(source, all),
      environment: { ...describeEnvironment({ lanes: 1, zstdLevel: null }), rounds: null },
      steps,
      rows: rows.map(({ one, costs, problem }) => ({ name: rowName(one), costs, problem })),
    }
  })
}

/** Nothing of a part is timed before its round trip is proved. */
async function measureStep(
  { path, phase, problem, variant, options }: Candidate,
  dataset: string,
  spanCount: number,
  file: string,
  report: (spanCount: number) => void,
): Promise<ScaleCost> {
  if (!phase) throw new LabError('invalid', problem ?? 'is no phase')
  const job = { phasePath: path, variant, options, dataset, file }
  const proof = await runTask('prove', job, report)
  if (proof.problem !== null) throw new LabError('invalid', proof.problem)
  const { sizeBytes, sha256 } = proof.encoded
  const { encode, decode } = await runTask('time', { ...job, rounds: undefined, sha256 }, report)
  const micros = (seconds: number) => (seconds * 1e6) / spanCount
  return {
    bytesPerSpan: sizeBytes / spanCount,
    encodeMicros: micros(encode.median.cpu),
    decodeMicros: micros(decode.median.cpu),
  }
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

function rowName({ number, slug, phase, variant }: Candidate): string {
  return nameOf({ phase: number, title: phase?.title ?? slug, variant })
}
