import { LabError } from '../../lib/error.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { otlpProto } from '../../lib/formats/otlp/proto-format.ts'
import { type EncodedBatch, encodedBatches } from '../../lib/import/batches.ts'
import { medianOf } from '../../lib/median.ts'
import { countWrites } from '../../lib/storage/counting.ts'
import { writeLocal } from '../../lib/storage/local-write.ts'
import { WorkerPool } from '../../lib/workers/pool.ts'
import { readDataset } from '../open/dataset.ts'
import type { Report } from '../process/task.ts'
import { loadPhase } from './discover.ts'
import type { PhaseJob } from './phase-job.ts'

/** Seconds on the wall, with a thread per core. */
export interface AllCores {
  readonly encodeSeconds: number
  readonly decodeSeconds: number
}

interface AllCoresJob extends PhaseJob {
  /** Of what one core has encoded. */
  readonly sizeBytes: number
  readonly rounds?: number | undefined
}

/**
 * Encodes the dataset file to the row's file, and decodes that to OTLP protobuf, which is not kept: all of it is timed,
 * reading too, after one pass in which the threads start and warm up.
 */
export async function allCores(job: AllCoresJob, report: Report): Promise<AllCores> {
  const { onWorkers } = await loadPhase(job.phasePath)
  const { format, encode } = onWorkers!
  const workers = new WorkerPool(undefined, 0)
  const passes = 1 + (job.rounds ?? 1)
  let byteLength = 0
  const encodeOnce = () =>
    writeLocal(job.file, async sink => {
      const counting = countWrites(sink)
      await encode(readDataset(job.dataset), counting, job.options, workers)
      byteLength = counting.byteLength
    })
  const decodeOnce = async () => {
    const losses = new Losses({ skipsBad: false })
    const encoded = encodedBatches([{ path: job.file, format, byteLength }], otlpProto, { losses, workers })
    await otlpProto.parts!.write(partsOf(encoded, report), { write: async () => {} })
  }
  try {
    const encodeSeconds = await medianSeconds(passes, encodeOnce)
    if (byteLength !== job.sizeBytes)
      throw new LabError('invalid', `encodes to ${byteLength} bytes on all cores, to ${job.sizeBytes} on one`)
    return { encodeSeconds, decodeSeconds: await medianSeconds(passes, decodeOnce) }
  } finally {
    await workers.close()
  }
}

async function* partsOf(batches: AsyncIterable<EncodedBatch>, report: Report): AsyncIterable<unknown> {
  for await (const { part, spanCount } of batches) {
    report(spanCount)
    yield part
  }
}

/** Of all passes but the first. */
async function medianSeconds(passes: number, work: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = []
  for (let pass = 0; pass < passes; pass++) {
    const start = performance.now()
    await work()
    seconds.push((performance.now() - start) / 1e3)
  }
  return medianOf(seconds.slice(1))
}
