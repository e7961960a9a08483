import { checkLimits, type Limits } from '../../model/limits.ts'
import type {
  Portion,
  Portions,
  PortionWork,
  ScanRequest,
  SharedBatch,
  SharedInput,
  SpanBatch,
  SpanSource,
} from '../../model/scan.ts'
import { nextTurn } from '../../turns.ts'
import { inOrder } from '../../workers/in-order.ts'
import type { Parcel } from '../../workers/message.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { Shared } from '../../workers/task.ts'

/** The batches of a scan; each is released when the next one is asked for, or none is any more. */
export async function* scanBatches(source: SpanSource, request: ScanRequest, limits: Limits): AsyncIterable<SpanBatch> {
  for await (const batch of source.scan(request, limits)) {
    // Timers and what others abort with are seen only when the event loop turns, which a source in memory never lets it.
    if (limits.signal !== undefined) await nextTurn()
    checkLimits(limits)
    try {
      yield batch
    } finally {
      batch.release()
    }
  }
}

/** How batches become results: here, by a worker where one can open them, or by whoever answers for a part of a source. */
export interface BatchWork<Result> {
  /** The same as data for others, and a result of theirs as one. Absent where all batches are looked at together. */
  apart?: { readonly work: PortionWork; received(result: unknown): Result } | undefined
  here(batch: SpanBatch): Promise<Result>
  /** Of batches of one file. Absent where a batch is looked at by what those before it gave. */
  there?: ((batches: SharedJob, workers: WorkerPool) => Promise<readonly Result[]>) | undefined
  /** Results of earlier questions; `keep` is given those that are new. */
  readonly known?: KnownResults<Result> | undefined
  /** True where not all results may be wanted: then no batch is read that one thread would not have read. */
  readonly isLimited: boolean
}

export interface KnownResults<Result> {
  get(batch: SpanBatch): Result | undefined
  keep(batch: SpanBatch, result: Result): void
}

/** Batches for a worker, and what they share. */
export interface SharedJob {
  readonly inputs: Parcel<readonly SharedInput[]>
  readonly file: Shared
}

/** Batches go to a worker together until they have so many spans: a job costs 0.3 ms, whatever it asks. */
const spansPerJob = 32_768

/** The results of the batches of a scan, in their order, whichever thread they come from. */
export async function* scanResults<Result>(
  source: SpanSource,
  request: ScanRequest,
  limits: Limits,
  { here, there, apart, known, isLimited }: BatchWork<Result>,
): AsyncIterable<Result> {
  const { workers } = limits
  if (source.portions !== undefined && apart !== undefined) {
    for await (const result of portionResults(source.portions, request, limits, apart.work))
      yield apart.received(result)
    return
  }
  if (workers === undefined || there === undefined || source.cost(request).spanCount < workers.minSpans) {
    for await (const batch of scanBatches(source, request, limits)) {
      const before = known?.get(batch)
      const result = before ?? (await here(batch))
      if (before === undefined) known?.keep(batch, result)
      yield result
    }
    return
  }
  const resultsOf = async ({ batches, shared, result }: Group<Result>, before: Promise<unknown>) => {
    if (result !== undefined) return [result]
    if (shared.length > 0) return there(jobOf(shared), workers)
    await before
    return [await here(batches[0]!)]
  }
  const work = async (group: Group<Result>, before: Promise<unknown>) => {
    const { batches, result } = group
    try {
      limits.signal?.throwIfAborted()
      const results = await resultsOf(group, before)
      if (result === undefined) for (const [i, batch] of batches.entries()) known?.keep(batch, results[i]!)
      return results
    } finally {
      for (const batch of batches) batch.release()
    }
  }
  const mayFollow = ({ shared }: Group<Result>) => !isLimited || isReadAhead(shared.at(-1))
  const groups = groupBatches(source.scan(request, limits), isLimited, known)
  for await (const results of inOrder(groups, { width: workers.width, mayFollow }, work)) {
    // Bytes that are too many are an error of what reads them, in its place.
    limits.signal?.throwIfAborted()
    yield* results
  }
}

/** What others give of the batches of a scan, in their order. Those that nobody waits for any more are told so. */
export async function* portionResults(
  portions: Portions,
  request: ScanRequest,
  limits: Limits,
  work: PortionWork,
): AsyncIterable<unknown> {
  const stop = new AbortController()
  const signal = limits.signal ? AbortSignal.any([limits.signal, stop.signal]) : stop.signal
  const ask = async (portion: Portion) => {
    try {
      return await portion.ask(work, { ...limits, signal })
    } catch (error) {
      // The others end with the same error.
      stop.abort(error)
      throw error
    }
  }
  const ahead = { width: portions.width, mayFollow: () => true }
  for await (const results of inOrder(await portions.list(request, limits), ahead, ask)) {
    let isTaken = false
    try {
      yield* results
      isTaken = true
    } finally {
      if (!isTaken) stop.abort()
    }
  }
}

/** Batches that are looked at together: of one file by a worker, one here, or one whose result is known. */
interface Group<Result> {
  readonly batches: SpanBatch[]
  readonly shared: SharedBatch[]
  readonly result?: Result
}

async function* groupBatches<Result>(
  batches: AsyncIterable<SpanBatch>,
  isLimited: boolean,
  known: KnownResults<Result> | undefined,
): AsyncIterable<Group<Result>> {
  let group: Group<Result> = { batches: [], shared: [] }
  let spanCount = 0
  const take = () => {
    const taken = group
    group = { batches: [], shared: [] }
    spanCount = 0
    return taken
  }
  try {
    for await (const batch of batches) {
      const result = known?.get(batch)
      if (result !== undefined) {
        if (group.batches.length > 0) yield take()
        yield { batches: [batch], shared: [], result }
        continue
      }
      const shared = await batch.share?.()
      if (group.batches.length > 0 && group.shared[0]!.file !== shared?.file) yield take()
      group.batches.push(batch)
      if (shared !== undefined) group.shared.push(shared)
      spanCount += batch.spanCount
      if (shared === undefined || spanCount >= spansPerJob || (isLimited && !isReadAhead(shared))) yield take()
    }
  } finally {
    // What was read before an error comes before it.
    if (group.batches.length > 0) yield take()
  }
}

function isReadAhead(batch: SharedBatch | undefined): boolean {
  return batch !== undefined && batch.readAhead > 0
}

function jobOf(batches: readonly SharedBatch[]): SharedJob {
  const value = batches.map(({ input }) => input.value)
  return { inputs: { value, transfer: batches.flatMap(({ input }) => input.transfer ?? []) }, file: batches[0]!.file }
}
