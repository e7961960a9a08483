import { LabError } from '../../lib/error.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { makeFolder } from '../../lib/storage/folder.ts'
import { writeLocal } from '../../lib/storage/local-write.ts'
import { writeDataset } from '../open/dataset.ts'
import type { TraceSource } from '../open/source.ts'
import { taskRunner } from '../process/run-task.ts'
import type { Input } from '../runs/run-schema.ts'
import type { Progress } from '../text/progress.ts'
import type { LabTasks } from './tasks.ts'

const runTask = taskRunner<LabTasks>()

export interface Prepared {
  input: Input
  /** The dataset file. */
  dataset: string
}

/**
 * Reads the source once into a dataset file, and measures what every row is compared with. The processes of the rows
 * get the file's path and nothing else. Beside it lies the sidecar: what is known of it, as JSON. `measureZstd` gives
 * the bytes of NDJSON under zstd 19 where a row has that result; else, or where it fails, they are measured here.
 */
export async function prepare(
  source: TraceSource,
  folder: string,
  progress: Progress,
  measureZstd?: (dataset: string, spanCount: number) => Promise<number>,
): Promise<Prepared> {
  makeFolder(folder)
  const reading = progress.stage(`read ${source.title}`)
  const advance = (trace: Trace) => reading.advance(trace.spans.length)
  const written = await writeDataset(folder, source.name, source.traces, advance).finally(reading.end)
  const { path: dataset, ...counts } = written
  const floor = source.floor?.()
  const stage = progress.stage('measure NDJSON, zstd 19 and the floor', counts.spanCount)
  const [baseline, ofRow, estimate] = await Promise.all([
    runTask('baseline', { dataset, isZstdMeasured: measureZstd !== undefined }, stage.advance),
    measureZstd?.(dataset, counts.spanCount).catch(() => undefined),
    floor ?? runTask('estimateFloor', { dataset }, () => {}),
  ]).finally(stage.end)
  const isMissing = measureZstd !== undefined && ofRow === undefined
  const { zstd19Bytes } = isMissing ? await runTask('baseline', { dataset, isZstdMeasured: false }, () => {}) : baseline
  if (baseline.digest !== counts.digest)
    throw new LabError('corrupt', `${dataset}: holds other traces than were written (digest ${baseline.digest})`)
  const byField = wholeBytes(floor ?? estimate)
  const input: Input = {
    name: source.name,
    source: source.title,
    bytes: source.inputBytes(),
    baselineBytes: baseline.baselineBytes,
    zstd19Bytes: ofRow ?? zstd19Bytes,
    ...counts,
    floorBytes: Object.values(byField).reduce((sum, byteLength) => sum + byteLength, 0),
    floor: byField,
    floorKind: floor ? 'generator' : 'reference model',
    dropped: source.dropped(),
    skipped: [...source.skipped()],
    bad: source.bad(),
  }
  const sidecar = Buffer.from(`${JSON.stringify(input, null, 2)}\n`)
  await writeLocal(`${dataset}.json`, sink => sink.write(sidecar))
  return { input, dataset }
}

function wholeBytes(byField: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(byField).map(([field, byteLength]) => [field, Math.ceil(byteLength)]))
}
