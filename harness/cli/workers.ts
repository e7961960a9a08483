import { availableParallelism } from 'node:os'
import { WorkerPool } from '../../lib/workers/pool.ts'
import { integer } from './options.ts'

const maxWorkers = 256
/**
 * Threads must load and warm up their code. In fresh processes on two cores, two workers take 1.2 to 1.7 times the wall
 * time of one at 170,000 spans, all threads together twice the CPU; decoding breaks even in CPU over two cores near 1.4
 * million spans.
 */
const minSpans = 1_000_000

export interface WorkersArguments {
  workers?: number | undefined
}

export const workersFlag = {
  workers: {
    type: 'string',
    requiresArg: true,
    describe: 'threads for large inputs, of any number of which the output is the same (default: one per core)',
    coerce: integer('workers', 1, maxWorkers),
  },
} as const

/** What `work` gives with a pool of threads that is there as long as it runs. */
export async function withWorkers<T>(
  { workers = availableParallelism() }: WorkersArguments,
  work: (workers: WorkerPool) => Promise<T>,
): Promise<T> {
  const pool = new WorkerPool(workers, minSpans)
  try {
    return await work(pool)
  } finally {
    await pool.close()
  }
}
