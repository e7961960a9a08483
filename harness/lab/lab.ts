import { rm } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { join } from 'node:path'
import { inWorkFolder } from '../../lib/storage/work-folder.ts'
import type { Options } from '../../phases/phase.ts'
import { userFolder } from '../compile/compiled.ts'
import type { TraceSource } from '../open/source.ts'
import { taskRunner } from '../process/run-task.ts'
import type { Report } from '../process/task.ts'
import { describeEnvironment } from '../runs/environment.ts'
import { nameOf } from '../runs/row-name.ts'
import type { Input, Row, Run } from '../runs/run-schema.ts'
import type { Progress } from '../text/progress.ts'
import { openLiveTable } from './live-table.ts'
import { prepare } from './prepare.ts'
import { type Candidate, earnedRow, failedRow, type Measured } from './rows.ts'
import type { LabTasks } from './tasks.ts'

const runTask = taskRunner<LabTasks>()

/** Below it threads cost more than they give, and nobody waits for either. */
const minAllCoresSpans = 50_000

export interface LabOptions {
  source: TraceSource
  candidates: readonly Candidate[]
  /** Timed rounds; where absent, as many as give a steady median, at least one. */
  rounds?: number
  zstdLevel?: number
  /** Whether phases that use all cores are timed with them too. */
  timesAllCores?: boolean
  /** Is told what was read before any phase runs; what it throws ends the run. */
  onPrepared?: (prepared: Pick<Run, 'input' | 'environment'>) => void
  progress: Progress
}

/** Runs the lab: prepares the dataset and earns the rows, as many side by side as the machine has room for. */
export async function runLab(options: LabOptions): Promise<Run> {
  const { source, candidates, rounds, zstdLevel, progress } = options
  const lanes = laneCount(candidates.length)
  return inWorkFolder(async folder => {
    const baseline = candidates.find(({ phase }) => phase?.isBaseline)
    const workOn = (candidate: Candidate, dataset: string, spanCount: number): Work => ({
      ...{ candidate, dataset, spanCount, rounds, progress },
      options:
        zstdLevel === undefined || candidate === baseline ? candidate.options : { ...candidate.options, zstdLevel },
      file: join(folder, `${candidate.slug}-${candidate.variant}`),
    })
    let encoding: Promise<Encoding> | undefined
    const measureZstd = async (dataset: string, spanCount: number) => {
      encoding = encode(workOn(baseline!, dataset, spanCount))
      return (await encoding).encoded.sizeBytes
    }
    const { input, dataset } = await prepare(source, userFolder('datasets'), progress, baseline && measureZstd)
    const environment = { ...describeEnvironment({ lanes, zstdLevel: zstdLevel ?? null }), rounds: rounds ?? null }
    options.onPrepared?.({ input, environment })
    const table = openLiveTable(progress, candidates, input)
    const rows = await inLanes(lanes, candidates, async candidate => {
      const work = workOn(candidate, dataset, input.spanCount)
      const row = await earn(work, input, candidate === baseline ? encoding : undefined)
      await rm(work.file, { force: true })
      table.add(row)
      return row
    })
    table.end()
    if (!options.timesAllCores) return { kind: 'phases', input, environment, rows }
    const timed: Row[] = []
    for (const [i, row] of rows.entries())
      timed.push(await withAllCores(row, workOn(candidates[i]!, dataset, input.spanCount)))
    return { kind: 'phases', input, environment, rows: timed }
  })
}

/** Times all cores, where a phase uses them and it is worth it: one row at a time, when no other is at work. */
async function withAllCores(row: Row, work: Work): Promise<Row> {
  const { candidate, spanCount, rounds, file } = work
  if (row.sizeBytes === null || !candidate.phase?.onWorkers || spanCount < minAllCoresSpans) return row
  const job = { ...jobOf(work), sizeBytes: row.sizeBytes, rounds }
  try {
    const { encodeSeconds, decodeSeconds } = await inStage(work, 'time all cores', 1 + (rounds ?? 1), report =>
      runTask('allCores', job, report),
    )
    return { ...row, allCoresEncodeSeconds: encodeSeconds, allCoresDecodeSeconds: decodeSeconds }
  } catch (error) {
    return failedRow(candidate, error)
  } finally {
    await rm(file, { force: true })
  }
}

/** A row for each core, and for each GiB that is free: what a process takes at most on large inputs. */
function laneCount(rowCount: number): number {
  return Math.max(1, Math.min(rowCount, availableParallelism(), Math.floor(freemem() / 2 ** 30)))
}

/** The results of `work` on the items, in their order; each lane takes the next item when it is done with one. */
async function inLanes<T, R>(lanes: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const lane = async () => {
    for (const [i, item] of waiting) results[i] = await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

interface Work {
  candidate: Candidate
  options: Options
  dataset: string
  spanCount: number
  file: string
  rounds: number | undefined
  progress: Progress
}

type Encoding = Awaited<ReturnType<LabTasks['encode']>>

/** Earns one row, of its encoding where that has been done already. Whatever goes wrong is the row's own problem. */
async function earn(work: Work, input: Input, encoding: Promise<Encoding> | undefined): Promise<Row> {
  const { candidate } = work
  const { phase } = candidate
  if (!phase) return failedRow(candidate, candidate.problem ?? 'is no phase')
  try {
    const measured = await measure(work, encoding)
    return typeof measured === 'string' ? failedRow(candidate, measured) : earnedRow(candidate, phase, input, measured)
  } catch (error) {
    return failedRow(candidate, error)
  }
}

/** Three processes: one only encodes, one decodes that file and compares, one only decodes. Or the row's problem. */
async function measure(work: Work, encoding: Promise<Encoding> | undefined): Promise<Measured | string> {
  const { encoded, ...encodePasses } = await (encoding ?? encode(work))
  const check = await inStage(work, 'prove', 1, report => runTask('check', jobOf(work), report))
  if (check.problem !== null) return check.problem
  const { rounds } = work
  const decode = await inStage(work, 'time decoding', rounds, report =>
    runTask('decode', { ...jobOf(work), rounds }, report),
  )
  return { encoded, check, encode: encodePasses, decode }
}

function encode(work: Work): Promise<Encoding> {
  const { rounds } = work
  return inStage(work, 'time encoding', rounds, report => runTask('encode', { ...jobOf(work), rounds }, report))
}

function jobOf({ candidate, options, dataset, file }: Work) {
  return { phasePath: candidate.path, variant: candidate.variant, options, dataset, file }
}

function inStage<T>(work: Work, what: string, passes = 1, start: (report: Report) => Promise<T>): Promise<T> {
  const { candidate, spanCount, progress } = work
  const name = nameOf({ phase: candidate.number, title: candidate.phase!.title, variant: candidate.variant })
  const stage = progress.stage(`${name}: ${what}`, spanCount * passes)
  return start(stage.advance).finally(stage.end)
}
