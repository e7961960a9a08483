import { join } from 'node:path'
import { LabError, messageOf } from '../../../lib/error.ts'
import { TraceIndexWriter } from '../../../lib/formats/blockpack/indexes/trace-index.ts'
import { openBlock } from '../../../lib/formats/blockpack/read/block.ts'
import { type BlockpackConfig, configure } from '../../../lib/formats/blockpack/write/config.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { openLocal } from '../../../lib/storage/local.ts'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import { discoverPhases } from '../../lab/discover.ts'
import type { LabTasks } from '../../lab/tasks.ts'
import { writeDataset } from '../../open/dataset.ts'
import type { TraceSource } from '../../open/source.ts'
import { Clock } from '../../process/clock.ts'
import { taskRunner } from '../../process/run-task.ts'
import { whole } from '../../text/format.ts'
import type { Progress } from '../../text/progress.ts'
import { printSource } from '../../view/report.ts'
import { type Lookups, measureLookups } from './lookups.ts'
import { type Plan, usualPlan } from './settings.ts'

const runTask = taskRunner<LabTasks>()

/** What one configuration costs. */
export interface Costs {
  readonly sizeBytes: number
  readonly encodeCpuSeconds: number
  readonly decodeCpuSeconds: number
  readonly spansPerPageGroup: number
  readonly parts: Readonly<Record<string, number>>
  readonly lookups: Lookups
}

/** The costs of a configuration, or why they were not earned. */
export interface BlockRow {
  readonly name: string
  readonly columnBlockSize: number
  readonly costs: Costs | null
  readonly problem: string | null
}

export interface Blocks {
  readonly title: string
  /** What was read and what was left out, in lines. */
  readonly notes: readonly string[]
  readonly traceCount: number
  readonly spanCount: number
  /** By codec: a row a size of pages. */
  readonly curves: readonly { readonly codec: string; readonly rows: readonly BlockRow[] }[]
  readonly taxed: readonly BlockRow[]
  /** CPU seconds that the index of trace ids takes alone. */
  readonly traceIndexSeconds: number
}

/** So many traces are looked up. */
const sampleCount = 32

interface Bench {
  readonly phasePath: string
  readonly folder: string
  readonly dataset: string
  readonly samples: readonly Trace[]
  readonly spanCount: number
  readonly rounds: number
  readonly progress: Progress
}

/** Proves and measures blockpack over sizes of pages and codecs, and without each of its indexes. */
export async function measureBlocks(
  source: TraceSource,
  rounds: number,
  progress: Progress,
  plan: Plan = usualPlan,
): Promise<Blocks> {
  const phase = (await discoverPhases()).find(({ slug }) => slug === '06-blockpack')
  if (!phase) throw new LabError('missing', 'phases: there is no 06-blockpack')
  return inWorkFolder(async folder => {
    const ids: string[] = []
    const sampler = new Sampler(sampleCount)
    const { path, traceCount, spanCount } = await writeDataset(folder, 'all', source.traces, trace => {
      ids.push(trace.traceId)
      sampler.add(trace)
    })
    const samples = sampler.traces
    const bench = { phasePath: phase.path, folder, dataset: path, samples, spanCount, rounds, progress }
    const lines = []
    for (const { codec, given } of plan.curves) {
      const rows: BlockRow[] = []
      for (const columnBlockSize of plan.blockSizes)
        rows.push(await measureRow(bench, `${codec}, ${whole(columnBlockSize)} B`, { ...given, columnBlockSize }))
      lines.push({ codec, rows })
    }
    const taxRows: BlockRow[] = []
    for (const { name, given } of plan.taxed) taxRows.push(await measureRow(bench, name, given))
    const traceIndexSeconds = timeTraceIndex(ids)
    const { title } = source
    return {
      title,
      notes: printSource(source),
      traceCount,
      spanCount,
      curves: lines,
      taxed: taxRows,
      traceIndexSeconds,
    }
  })
}

async function measureRow(bench: Bench, name: string, given: Partial<BlockpackConfig>): Promise<BlockRow> {
  const { config } = configure('default', given)
  const stage = bench.progress.stage(name, bench.spanCount * (2 + 2 * bench.rounds))
  try {
    const costs = await measureCosts(bench, { profile: 'default', ...given }, stage.advance)
    return { name, columnBlockSize: config.columnBlockSize, costs, problem: null }
  } catch (error) {
    return { name, columnBlockSize: config.columnBlockSize, costs: null, problem: messageOf(error) }
  } finally {
    stage.end()
  }
}

/** The round trip first: nothing is timed or counted before it is proved. */
async function measureCosts(
  { phasePath, folder, dataset, samples, spanCount, rounds }: Bench,
  options: Readonly<Record<string, string | number | boolean>>,
  advance: (spanCount: number) => void,
): Promise<Costs> {
  const job = { phasePath, options, dataset, file: join(folder, 'encoded') }
  const proof = await runTask('prove', job, advance)
  if (proof.problem !== null) throw new LabError('invalid', proof.problem)
  const { sha256, sizeBytes } = proof.encoded
  const { encode, decode } = await runTask('time', { ...job, rounds, sha256 }, advance)
  const file = await openLocal(job.file)
  try {
    const { pageGroups } = (await openBlock(file)).toc
    return {
      sizeBytes,
      encodeCpuSeconds: encode.median.cpu,
      decodeCpuSeconds: decode.median.cpu,
      spansPerPageGroup: spanCount / pageGroups.length,
      parts: proof.parts ?? {},
      lookups: await measureLookups(file, samples),
    }
  } finally {
    await file.close()
  }
}

function timeTraceIndex(ids: readonly string[]): number {
  const clock = new Clock()
  clock.start()
  const writer = new TraceIndexWriter()
  for (const id of ids) writer.add(id)
  writer.finish()
  clock.stop()
  return clock.read().cpu
}

/** Keeps some traces of a stream whose length is not known, spread over all of it. */
class Sampler {
  readonly #count: number
  #step = 1
  #seen = 0
  #kept: Trace[] = []

  constructor(count: number) {
    this.#count = count
  }

  get traces(): readonly Trace[] {
    return this.#kept
  }

  add(trace: Trace): void {
    if (this.#seen++ % this.#step !== 0) return
    this.#kept.push(trace)
    if (this.#kept.length < 2 * this.#count) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0)
    this.#step *= 2
  }
}
