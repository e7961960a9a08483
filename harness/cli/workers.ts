import { availableParallelism } from 'node:os'
import { WorkerPool } from '../../lib/workers/pool.ts'
import { integer } from './options.ts'

const maxWorkers = 256
/**
 * Threads must load and warm up their code: measured by the CPU time of the busiest thread, in fresh processes with two
 * workers, decoding breaks even at 170,000 spans and is 1.5 times as fast at 340,000, encoding is 1.5 times as fast at
 * 80,000 and 1.9 times at 340,000. All threads together take twice the CPU of one at 80,000 spans.
 */
const minSpans = 150_000

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
