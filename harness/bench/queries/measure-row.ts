import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, messageOf } from '../../../lib/error.ts'
import { type Candidate, classify } from '../../lab/rows.ts'
import type { LabTasks } from '../../lab/tasks.ts'
import { taskRunner } from '../../process/run-task.ts'
import type { Earned, QueryRow, QuerySet, RangeTexts, TimedQueries, Truth } from '../../runs/query-bench-schema.ts'
import { nameOf } from '../../runs/row-name.ts'
import type { Progress } from '../../text/progress.ts'
import { duckDbProblem, type PeerName } from './sql/duckdb.ts'
import type { Subject } from './subject.ts'
import type { QueryTasks } from './tasks.ts'

const runTask = taskRunner<LabTasks & QueryTasks>()

type RowHead = Pick<QueryRow, 'name' | 'opens'>

/** What all rows are measured with. */
export interface Bench {
  readonly folder: string
  readonly dataset: string
  readonly traceCount: number
  readonly spanCount: number
  readonly set: QuerySet
  readonly range: RangeTexts
  readonly truths: readonly Truth[]
  readonly rounds: number
  /** Of queries to a file that opens. */
  readonly openRounds: number
  readonly progress: Progress
  readonly besidePeer: boolean
}

/** A block and the bytes of its files. */
export interface Block {
  readonly path: string
  readonly byteLength: number
}

/** The row of a block as it lies: it is not written, only asked. */
export function measureBlock({ path, byteLength }: Block, bench: Bench): Promise<QueryRow> {
  const row = { name: 'the block as it lies', opens: true }
  return earn(row, async () => {
    const timed = await timeAnswers(row, { block: path }, bench)
    const queryPeakBytes = await staged(bench, `${row.name}: memory`, bench.set.questions.length, report =>
      runTask('askOnly', askJob({ block: path }, bench), report),
    )
    return { ...timed, sizeBytes: byteLength, ingest: null, kept: null, lost: [], queryPeakBytes }
  })
}

/** The row of a phase and variant: nothing of it is timed before its round trip is proved. */
export function measurePhase(candidate: Candidate, bench: Bench): Promise<QueryRow> {
  const { phase, slug, number, variant } = candidate
  const name = nameOf({ phase: number, title: phase?.title ?? slug, variant })
  const row = { name, opens: phase?.open !== undefined }
  return earn(row, async () => {
    if (!phase) throw new LabError('invalid', candidate.problem ?? 'is no phase')
    return inFile(bench, `${slug}-${variant}`, file => measureFile(row, candidate, file, bench))
  })
}

/** The row of a peer, which reads the file of a phase. */
export async function measurePeer(peer: PeerName, candidate: Candidate, bench: Bench): Promise<QueryRow> {
  const row = { name: `DuckDB on ${candidate.number} Parquet`, opens: true }
  const absence = duckDbProblem()
  if (absence !== undefined) return { ...row, earned: null, problem: null, absence }
  return earn(row, () => inFile(bench, 'peer', file => measureFile(row, candidate, file, bench, peer)))
}

async function inFile<T>({ folder }: Bench, name: string, work: (file: string) => Promise<T>): Promise<T> {
  const file = join(folder, name)
  try {
    return await work(file)
  } finally {
    await rm(file, { force: true })
  }
}

async function measureFile(
  row: RowHead,
  candidate: Candidate,
  file: string,
  bench: Bench,
  peer?: PeerName,
): Promise<Earned> {
  const { name } = row
  const { path, variant, options, phase } = candidate
  const { rounds, dataset } = bench
  const job = { phasePath: path, variant, options, dataset, file }
  const proof = await staged(bench, `${name}: prove`, 2, report => runTask('prove', job, report))
  if (proof.problem !== null) throw new LabError('invalid', proof.problem)
  const { sizeBytes, sha256, seconds } = proof.encoded
  const lost = proof.wholeTraceCount === bench.traceCount ? [] : phase!.fidelity.lossy
  const timing =
    rounds > 1
      ? await staged(bench, `${name}: time`, 2 * rounds, report => runTask('time', { ...job, rounds, sha256 }, report))
      : undefined
  const subject: Subject = { phasePath: path, variant, file, ...(peer === undefined ? {} : { peer }) }
  const timed = await timeAnswers(row, subject, bench)
  const [encodePeakBytes, queryPeakBytes] = await staged(
    bench,
    `${name}: memory`,
    1 + bench.set.questions.length,
    report => Promise.all([runTask('encodeOnly', job, report), runTask('askOnly', askJob(subject, bench), report)]),
  )
  const ingest = { encodeCpuSeconds: (timing?.encode.median ?? seconds).cpu, encodePeakBytes }
  return { ...timed, sizeBytes, ingest, kept: classify({ ...proof.kept, lossy: lost }), lost, queryPeakBytes }
}

function timeAnswers({ name, opens }: RowHead, subject: Subject, bench: Bench): Promise<TimedQueries> {
  const { folder, besidePeer } = bench
  const rounds = opens ? bench.openRounds : bench.rounds
  return staged(bench, `${name}: queries`, rounds * bench.set.questions.length, report =>
    runTask('timeQueries', { ...askJob(subject, bench), folder, rounds, besidePeer }, report),
  )
}

function askJob(subject: Subject, { set, truths, range, spanCount }: Bench) {
  return { subject, questions: set.questions, truths, range, spanCount }
}

async function earn(row: RowHead, work: () => Promise<Earned>): Promise<QueryRow> {
  try {
    return { ...row, earned: await work(), problem: null }
  } catch (error) {
    return { ...row, earned: null, problem: messageOf(error) }
  }
}

/** What `work` gives, under way as a stage of so many passes over the spans. */
function staged<T>(
  { progress, spanCount }: Bench,
  label: string,
  passes: number,
  work: (report: (spanCount: number) => void) => Promise<T>,
): Promise<T> {
  const stage = progress.stage(label, spanCount * passes)
  return work(stage.advance).finally(stage.end)
}
