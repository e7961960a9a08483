import type { SharedInput, SpanBatch } from '../model/scan.ts'
import { type Searcher, searchBatch, type searchTask } from '../traceql/answers/search.ts'
import { ServiceCounter } from '../traceql/answers/service-stats.ts'
import { gatherBatch, type gatherTask, packGathered } from '../traceql/metrics/gather-batch.ts'
import type { Received, WorkOf } from '../workers/task.ts'
import { openShared } from './open-shared.ts'

/** What workers do with the batches of a scan. */

export const gatherShared: WorkOf<typeof gatherTask> = async (inputs, file, { content }) => ({
  value: await ofEach(inputs, file, async batch => packGathered(await gatherBatch(batch, content))),
})

export const searchShared: WorkOf<typeof searchTask> = async ({ batches, turn }, file, query) => {
  const counter = new ServiceCounter()
  const search = (batch: SpanBatch, place: number) => {
    const wanted: Searcher['wanted'] = hitCount => query.ask({ turn: turn + place, hitCount })
    return searchBatch(batch, query.content, { counter, wanted })
  }
  return { value: await ofEach(batches, file, search) }
}

/** What work gives of each batch. They are open together, so that their questions go together. */
function ofEach<Result>(
  inputs: readonly SharedInput[],
  file: Received,
  work: (batch: SpanBatch, place: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(
    inputs.map(async (input, place) => {
      const batch = await openShared(input, file)
      try {
        return await work(batch, place)
      } finally {
        batch.release()
      }
    }),
  )
}
