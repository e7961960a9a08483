import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from '../phases/phase.ts'
import { describeEnvironment } from './environment.ts'
import { prepare } from './prepare.ts'
import type { Progress } from './report/progress.ts'
import { type Input, nameOf, type Row, type Run } from './result.ts'
import { type Candidate, earnedRow, failedRow, type Measured } from './rows.ts'
import { runTask } from './run-task.ts'
import type { TraceSource } from './source.ts'
import { inWorkFolder } from './work-folder.ts'

const datasetsFolder: string = fileURLToPath(new URL('../datasets', import.meta.url))

/** Rounds by default: enough spans in all for a steady median, at most 15; above 200,000 the proving pass is timed. */
export function defaultRounds(spanCount: number): number {
  return spanCount > 200_000 ? 1 : Math.min(15, Math.max(3, Math.ceil(40_000 / spanCount)))
}

export interface LabOptions {
  source: TraceSource
  candidates: readonly Candidate[]
  /** Timed rounds; by default 1 to 15, the fewer the more spans there are. */
  rounds?: number
  zstdLevel?: number
  /** Is told what was read before any phase runs; what it throws ends the run. */
  onPrepared?: (prepared: Pick<Run, 'input' | 'environment'>) => void
  progress: Progress
}

/** Runs the lab: prepares the dataset and earns the rows, one after another. */
export async function runLab(options: LabOptions): Promise<Run> {
  const { source, candidates, rounds, zstdLevel, progress } = options
  const { input, dataset } = await prepare(source, datasetsFolder, progress)
  const roundCount = rounds ?? defaultRounds(input.spanCount)
  const environment = describeEnvironment(roundCount, zstdLevel ?? null)
  options.onPrepared?.({ input, environment })
  return inWorkFolder(async folder => {
    const rows: Row[] = []
    for (const candidate of candidates) {
      const settings = zstdLevel === undefined ? candidate.options : { ...candidate.options, zstdLevel }
      const file = join(folder, `${candidate.slug}-${candidate.variant}`)
      rows.push(await earn({ candidate, options: settings, dataset, file, input, rounds: roundCount, progress }))
      await rm(file, { force: true })
    }
    return { input, environment, rows }
  })
}

interface Work {
  candidate: Candidate
  options: Options
  dataset: string
  file: string
  input: Input
  rounds: number
  progress: Progress
}

/** Earns one row. Whatever goes wrong is the row's own problem. */
async function earn(work: Work): Promise<Row> {
  const { candidate, input } = work
  const { phase } = candidate
  if (!phase) return failedRow(candidate, candidate.problem ?? 'is no phase')
  try {
    const measured = await measure(work)
    const { problem } = measured.proof
    return problem === null ? earnedRow(candidate, phase, input, measured) : failedRow(candidate, problem)
  } catch (error) {
    return failedRow(candidate, error)
  }
}

async function measure({ candidate, options, dataset, file, input, rounds, progress }: Work): Promise<Measured> {
  const job = { phasePath: candidate.path, options, dataset, file }
  const name = nameOf({ phase: candidate.number, title: candidate.phase!.title, variant: candidate.variant })
  const run = async <T>(what: string, passes: number, start: (report: (spanCount: number) => void) => Promise<T>) => {
    const stage = progress.stage(`${name}: ${what}`, input.spanCount * passes)
    return start(stage.advance).finally(stage.end)
  }
  const proof = await run('prove', 2, report => runTask('prove', job, report))
  if (proof.problem !== null) return { proof, encodePeakBytes: 0, decodePeakBytes: 0 }
  const { sha256 } = proof.encoded
  const timing =
    rounds > 1
      ? await run('time', 2 * rounds, report => runTask('time', { ...job, rounds, sha256 }, report))
      : undefined
  const [encodePeakBytes, decodePeakBytes] = await run('memory', 2, report =>
    Promise.all([runTask('encodeOnly', job, report), runTask('decodeOnly', job, report)]),
  )
  return { proof, ...(timing ? { timing } : {}), encodePeakBytes, decodePeakBytes }
}
