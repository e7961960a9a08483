import { availableParallelism } from 'node:os'
import { WorkerPool } from '../../lib/workers/pool.ts'
import { integer } from './options.ts'

const maxWorkers = 256
/** Fewer spans are read and written before the threads have loaded and warmed up their code. */
const minSpans = 30_000

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
