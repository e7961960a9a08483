import { peakBytes } from '../../process/measure.ts'
import type { Report } from '../../process/task.ts'
import { type AskJob, askQueries, timeQueries } from './time-queries.ts'
import { writeTruths } from './truth.ts'

/** Asks and keeps nothing: for the memory that it takes. */
async function askOnly(job: AskJob, report: Report): Promise<number> {
  await askQueries(job, report)
  return peakBytes()
}

/** What a process can do for the queries of a bench. */
export const queryTasks = { writeTruths, timeQueries, askOnly }
export type QueryTasks = typeof queryTasks
