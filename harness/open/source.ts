import { basename, extname } from 'node:path'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { type FaultLabel, sizes, type WorkloadName } from '../../generator/names.ts'
import type { ByteSink } from '../../lib/bytes/range.ts'
import { LabError } from '../../lib/error.ts'
import type { Format, Refusal } from '../../lib/formats/format.ts'
import { type Bad, type Dropped, Losses } from '../../lib/formats/losses.ts'
import { copiedBatches, type EncodedBatch, encodedBatches, groupedFiles } from '../../lib/import/batches.ts'
import { defaultMaxBytes, groupByTrace } from '../../lib/import/group.ts'
import { readInputs, type SkippedFile } from '../../lib/import/input.ts'
import { countSpans, type Trace } from '../../lib/model/trace.ts'
import { rowTraces } from '../../lib/shred/row-traces.ts'
import { SpanRows } from '../../lib/shred/rows.ts'
import type { WorkerPool } from '../../lib/workers/pool.ts'

/** Where a run's traces come from: whole ones, once. What it counts is final when they have been taken. */
export interface TraceSource {
  /** For file names: letters, digits and dashes. */
  name: string
  /** For people. */
  title: string
  traces: AsyncIterable<readonly Trace[]>
  /** The input's own size; null where it is not known. */
  inputBytes(): number | null
  dropped(): Dropped[]
  /** Files of a folder that hold no traces, and why it is thought so. */
  skipped(): readonly SkippedFile[]
  /** What was left out since it is bad. */
  bad(): Bad[]
  /** Bytes by field where the source knows what no encoder can beat. */
  floor?(): Record<string, number>
  /** The truth about faults, where the source has put them in. */
  faults?(): FaultLabel[]
}

export type SizeName = keyof typeof sizes

const batchTraces = 16

export interface Generated {
  workload: WorkloadName
  size: SizeName
  seed: number
  /** Names of the workload's faults. */
  faults?: readonly string[]
}

/** Generated traces of a workload. */
export function generatedSource({ workload: name, size, seed, faults = [] }: Generated): TraceSource {
  const meter = new FloorMeter()
  let inputBytes = 0
  let labels: FaultLabel[] = []
  const onFaults = (found: FaultLabel[]) => {
    labels = found
  }
  async function* traces() {
    const { findWorkload } = await import('../../generator/workload.ts')
    const workload = findWorkload(name)
    let batch: Trace[] = []
    for (const trace of workload.generate({ traceCount: sizes[size], seed, faults, onFaults }, meter)) {
      inputBytes += workload.inputByteLength(trace)
      batch.push(trace)
      if (batch.length < batchTraces) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }
  return {
    name: [name, size, ...faults].join('-'),
    title: [`${name} ${size}, seed ${seed}`, ...faults].join(', '),
    traces: traces(),
    inputBytes: () => inputBytes,
    dropped: () => [],
    skipped: () => [],
    bad: () => [],
    floor: () => meter.byField(),
    faults: () => labels,
  }
}

export interface CaptureOptions {
  format?: string
  /** Traces to take, by first sight; all where absent. */
  limit?: number
  /** Leaves out what is bad, where reading would else end. */
  skipsBad?: boolean
  /** What a target cannot hold of a span, which is bad then. */
  refusal?: Refusal | undefined
  /** For what is large. */
  workers?: WorkerPool | undefined
}

/** What traces are written as. */
export type Target = Pick<Format, 'name' | 'write' | 'parts' | 'openBatches' | 'refusal'>

/** A source whose traces may come encoded: several threads encode those of large files that have them whole. */
export interface CapturedSource extends TraceSource {
  /** Writes the traces, instead of taking them. */
  write(target: Target, sink: ByteSink): Promise<void>
}

/** Traces of files, folders or standard input, brought together by trace id. */
export function capturedSource(paths: readonly string[], options: CaptureOptions): CapturedSource {
  const { format, limit, skipsBad = false, refusal, workers } = options
  const losses = new Losses({ skipsBad })
  const inputs = readInputs(paths, { losses, refusal, workers, ...(format === undefined ? {} : { format }) })
  const pieces = limit === undefined ? inputs.pieces : firstTraces(inputs.batches, limit)
  const grouped = async () => (limit === undefined ? await groupedFiles(paths, format) : undefined)
  let encodedBytes = 0
  async function* traces(): AsyncIterable<readonly Trace[]> {
    if (await grouped())
      for await (const batch of pieces) yield batch instanceof SpanRows ? [...rowTraces(batch)] : batch
    else yield* groupByTrace(pieces, { maxBytes: defaultMaxBytes, threadCount: threadCountOf(workers) })
  }
  const whole = refuseEmpty(traces(), countSpans, paths, losses)
  return {
    name: nameOf(paths),
    title: paths.map(path => (path === '-' ? 'standard input' : basename(path))).join(', '),
    traces: whole,
    async write(target, sink) {
      const files = (target.parts || target.openBatches) && (await grouped())
      const isCopied = files?.every(({ format }) => format.name === target.name)
      if (!files || !(isCopied || target.parts)) return target.write!(whole, sink)
      for (const { byteLength } of files) encodedBytes += byteLength
      if (isCopied) return target.write!(refuseEmpty(copiedBatches(files, losses), countSpans, paths, losses), sink)
      const encoded = encodedBatches(files, target, { losses, workers })
      await target.parts!.write(partsOf(refuseEmpty(encoded, ({ spanCount }) => spanCount, paths, losses)), sink)
    },
    inputBytes: () => (limit === undefined ? inputs.byteLength() + encodedBytes : null),
    dropped: () => losses.list(),
    skipped: () => inputs.skipped,
    bad: () => losses.listBad(),
  }
}

/** Those that a large input starts, the one that encodes among them. */
function threadCountOf(workers: WorkerPool | undefined): number {
  return workers && workers.count > 1 ? workers.count + 1 : 0
}

/** The pieces of the first `limit` trace ids; all of the input is read, since a trace's spans may lie apart. */
async function* firstTraces(batches: AsyncIterable<readonly Trace[]>, limit: number): AsyncIterable<readonly Trace[]> {
  const taken = new Set<string>()
  for await (const batch of batches)
    yield batch.filter(({ traceId }) => {
      if (taken.size < limit) taken.add(traceId)
      return taken.has(traceId)
    })
}

async function* partsOf(batches: AsyncIterable<EncodedBatch>): AsyncIterable<unknown> {
  for await (const { part } of batches) yield part
}

async function* refuseEmpty<Batch>(
  batches: AsyncIterable<Batch>,
  spanCountOf: (batch: Batch) => number,
  paths: readonly string[],
  losses: Losses,
): AsyncIterable<Batch> {
  let isEmpty = true
  for await (const batch of batches) {
    isEmpty &&= spanCountOf(batch) === 0
    yield batch
  }
  if (!isEmpty) return
  const bad = losses.listBad()[0]
  const reason = bad === undefined ? '' : ` that can be read; left out: ${bad.first}`
  throw new LabError('invalid', `${paths.join(', ')}: holds no spans${reason}`)
}

function nameOf(paths: readonly string[]): string {
  const names = paths.map(path => (path === '-' ? 'stdin' : stem(basename(path))))
  const slug = names
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
  return slug.replaceAll(/^-+|-+$/g, '').slice(0, 80) || 'input'
}

const suffixes = new Set(['.gz', '.zst', '.json', '.jsonl', '.ndjson', '.pb', '.otlp', '.otlp-multipart', '.bin'])

function stem(name: string): string {
  const extension = extname(name)
  return suffixes.has(extension) ? stem(name.slice(0, -extension.length)) : name
}
