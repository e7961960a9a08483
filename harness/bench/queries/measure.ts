import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Candidate } from '../../lab/rows.ts'
import { withSearchSource } from '../../open/search-source.ts'
import type { TraceSource } from '../../open/source.ts'
import { taskRunner } from '../../process/run-task.ts'
import { describeEnvironment } from '../../runs/environment.ts'
import type { QueryBench, QueryRow, QuerySet } from '../../runs/query-bench-schema.ts'
import type { Progress } from '../../text/progress.ts'
import { benchInput } from '../../view/report.ts'
import { type Bench, type Block, measureBlock, measurePeer, measurePhase } from './measure-row.ts'
import { prepareQueries } from './prepare.ts'
import type { PeerName } from './sql/duckdb.ts'
import { countersOf } from './subject.ts'
import type { QueryTasks } from './tasks.ts'

const runTask = taskRunner<QueryTasks>()

/** Rounds by default: enough spans in all for a steady median, at most 15; above 200,000 the proving pass is timed. */
function defaultRounds(spanCount: number): number {
  return spanCount > 200_000 ? 1 : Math.min(15, Math.max(3, Math.ceil(40_000 / spanCount)))
}

export interface QueryBenchOptions {
  readonly source: TraceSource
  readonly candidates: readonly Candidate[]
  readonly set: QuerySet
  /** Folder of a block that is a row as it lies. */
  readonly block?: string | undefined
  /** Asked beside the rows, with what writes the file for it. */
  readonly peer?: { readonly name: PeerName; readonly candidate: Candidate } | undefined
  /** By default as many as the lab times a phase, and more of queries to a file that opens. */
  readonly rounds?: number | undefined
  readonly progress: Progress
}

/** An operation of a few milliseconds is worth timing so often: it takes some until its code is compiled. */
const leastOpenRounds = 15

/** Proves each candidate, holds its answers to the set against the truth, and measures what they cost. */
export async function measureQueries(options: QueryBenchOptions): Promise<QueryBench> {
  const { source, candidates, set, peer, progress } = options
  const block = options.block === undefined ? undefined : await openableBlock(options.block)
  return inWorkFolder(async folder => {
    const { path, traceCount, spanCount, range } = await prepareQueries(source, set, folder, progress)
    const rounds = options.rounds ?? defaultRounds(spanCount)
    const openRounds = options.rounds ?? Math.max(rounds, leastOpenRounds)
    const wantsAllSpans = [...candidates, ...(peer ? [peer.candidate] : [])].some(
      ({ phase }) => phase?.fidelity.spanOrder === false,
    )
    const stage = progress.stage('find the true answers', spanCount * set.questions.length)
    const job = { dataset: path, folder, questions: set.questions, range, wantsAllSpans }
    const truths = await runTask('writeTruths', job, stage.advance).finally(stage.end)
    const bench: Bench = {
      folder,
      dataset: path,
      traceCount,
      spanCount,
      set,
      range,
      truths,
      rounds,
      openRounds,
      progress,
      besidePeer: peer !== undefined,
    }
    const rows: QueryRow[] = block === undefined ? [] : [await measureBlock(block, bench)]
    for (const candidate of candidates) rows.push(await measurePhase(candidate, bench))
    if (peer !== undefined) rows.push(await measurePeer(peer.name, peer.candidate, bench))
    const input = benchInput(source, { traceCount, spanCount })
    const environment = { ...describeEnvironment({ lanes: 1, zstdLevel: null }), rounds }
    return { kind: 'queries', input, environment, set, range, openRounds, truths, rows }
  })
}

/** The block, where it can be searched as it lies. */
function openableBlock(path: string): Promise<Block> {
  return withSearchSource([path], async opened => {
    countersOf(opened, path)
    return { path, byteLength: opened.files.reduce((sum, file) => sum + file.byteLength, 0) }
  })
}
