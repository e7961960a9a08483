import { inOrder } from '../../../workers/in-order.ts'
import { measured } from '../../../workers/measured.ts'
import { type Parcel, parcelOf } from '../../../workers/message.ts'
import type { WorkerPool } from '../../../workers/pool.ts'
import type { Received, Shared, Task, WorkOf } from '../../../workers/task.ts'
import type { BlockpackConfig } from './config.ts'
import { DataEncoder, type DataEnd, type EncodedRowGroup } from './data-encoder.ts'
import type { SegmentColumns } from './segment-columns.ts'

/** Page groups that the other thread has, or waits for, while this one makes the next. */
const pageGroupsAhead = 4

/** A page group for the encoder of a file; undefined ends the file. */
type Step = SegmentColumns | undefined

const encodeTask: Task<Step, [Shared<BlockpackConfig>], EncodedRowGroup | DataEnd | undefined> = {
  name: 'encode blockpack',
}

/** Encodes the page groups of one file, in their order. */
interface Encoder {
  /** So many page groups may be under way. */
  readonly width: number
  add(columns: Parcel<SegmentColumns>): Promise<EncodedRowGroup | undefined>
  finish(): Promise<DataEnd>
}

/**
 * The row groups of a file as they are complete, and what follows them. All are encoded by one thread, since each
 * depends on those before it: so bytes are the same wherever that is. It is another one where the pool is of several
 * and the file is large, so that this one can make the next page groups meanwhile.
 */
export async function* encodeRowGroups(
  pageGroups: AsyncIterable<SegmentColumns>,
  config: BlockpackConfig,
  workers: WorkerPool | undefined,
): AsyncGenerator<EncodedRowGroup, DataEnd> {
  const { isLarge, items } =
    workers !== undefined && workers.count > 1
      ? await measured(parcelsOf(pageGroups), ({ value }) => value.spanCount, workers.minSpans)
      : { isLarge: false, items: asTheyAre(pageGroups) }
  const encoder = isLarge ? encoderInThread(config, workers!.alone) : encoderHere(config)
  const ahead = { width: encoder.width, mayFollow: () => true }
  for await (const rowGroup of inOrder(items, ahead, encoder.add)) if (rowGroup) yield rowGroup
  const end = await encoder.finish()
  if (end.last) yield end.last
  return end
}

async function* parcelsOf(pageGroups: AsyncIterable<SegmentColumns>): AsyncIterable<Parcel<SegmentColumns>> {
  for await (const columns of pageGroups) yield parcelOf(columns)
}

async function* asTheyAre(pageGroups: AsyncIterable<SegmentColumns>): AsyncIterable<Parcel<SegmentColumns>> {
  for await (const value of pageGroups) yield { value }
}

function encoderHere(config: BlockpackConfig): Encoder {
  const encoder = new DataEncoder(config)
  return {
    width: 1,
    add: async ({ value }) => encoder.add(value),
    finish: async () => encoder.finish(),
  }
}

function encoderInThread(config: BlockpackConfig, thread: WorkerPool): Encoder {
  const share = { content: config }
  return {
    width: pageGroupsAhead,
    add: columns => thread.run(encodeTask, columns, share) as Promise<EncodedRowGroup | undefined>,
    finish: () => thread.run(encodeTask, { value: undefined }, share) as Promise<DataEnd>,
  }
}

/** By file: its encoder, in the thread that encodes it. */
const encoders = new WeakMap<Received<BlockpackConfig>, DataEncoder>()

export const encodeStep: WorkOf<typeof encodeTask> = async (columns, config) => {
  const encoder = encoders.get(config) ?? new DataEncoder(config.content)
  encoders.set(config, encoder)
  return parcelOf(columns === undefined ? encoder.finish() : encoder.add(columns))
}
