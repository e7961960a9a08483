import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from '../phases/phase.ts'
import { describeEnvironment } from './environment.ts'
import { prepare } from './prepare.ts'
import type { Progress } from './report/progress.ts'
import type { Input, Row, Run } from './result.ts'
import { type Candidate, earnedRow, failedRow, type Measured } from './rows.ts'
import { runTask } from './run-task.ts'
import type { TraceSource } from './source.ts'

export const datasetsFolder: string = fileURLToPath(new URL('../datasets', import.meta.url))

/** Spans above which one round is enough by default: the proving pass is then the measured one. */
const manySpans = 200_000
const defaultRounds = 3

export interface LabOptions {
  source: TraceSource
  candidates: readonly Candidate[]
  /** Timed rounds; by default 3, or 1 for many spans. */
  rounds?: number
  zstdLevel?: number
  progress: Progress
}

/** Runs the lab: prepares the dataset and earns the rows, one after another. */
export async function runLab({ source, candidates, rounds, zstdLevel, progress }: LabOptions): Promise<Run> {
  const { input, dataset } = await prepare(source, datasetsFolder, progress)
  const roundCount = rounds ?? (input.spanCount > manySpans ? 1 : defaultRounds)
  const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-'))
  workFolders.add(folder)
  try {
    const rows: Row[] = []
    for (const candidate of candidates) {
      const options = zstdLevel === undefined ? candidate.options : { ...candidate.options, zstdLevel }
      const file = join(folder, `${candidate.slug}-${candidate.variant}`)
      rows.push(await earn({ candidate, options, dataset, file, input, rounds: roundCount, progress }))
      await rm(file, { force: true })
    }
    return { input, environment: describeEnvironment(roundCount, zstdLevel ?? null), rows }
  } finally {
    await rm(folder, { recursive: true, force: true })
    workFolders.delete(folder)
  }
}

/** Folders of files being measured: what a program that is interrupted must remove. */
export const workFolders: Set<string> = new Set()

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
  const name = `${candidate.number} ${candidate.phase!.title}${candidate.variant === 'default' ? '' : `, ${candidate.variant}`}`
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
  const encodePeakBytes = await run('memory of encoding', 1, report => runTask('encodeOnly', job, report))
  const decodePeakBytes = await run('memory of decoding', 1, report => runTask('decodeOnly', job, report))
  return { proof, ...(timing ? { timing } : {}), encodePeakBytes, decodePeakBytes }
}
