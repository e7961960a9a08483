import { hashText } from '../bytes/hash.ts'
import { LabError } from '../error.ts'
import type { Format, TraceBatch } from '../formats/format.ts'
import { formats } from '../formats/formats.ts'
import { heldTraces } from '../formats/holdable.ts'
import type { Losses } from '../formats/losses.ts'
import { countSpans, type Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { kindOf } from '../storage/files.ts'
import { openLocal } from '../storage/local.ts'
import { inOrder } from '../workers/in-order.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { Shared, Task } from '../workers/task.ts'
import { leaveOut } from './leave-out.ts'

/** Files whose traces are whole and come in batches: nothing has to be brought together, so batches can be had one by one. */

/** A file that was found to be such. */
export interface GroupedFile {
  readonly path: string
  readonly format: Format
  readonly byteLength: number
}

/** A batch as a part of the output. */
export interface EncodedBatch {
  readonly spanCount: number
  readonly part: unknown
}

interface BatchJob {
  readonly format: string
  readonly batch: unknown
  /** The format of the part. */
  readonly target: string
}

export const encodeTask: Task<BatchJob, [Shared], unknown> = { name: 'encode batches' }

/**
 * The files, where all are such and no trace id occurs twice, in any spelling; undefined where that is not so, or is not
 * known. It takes 8 bytes per trace, and reads their ids.
 */
export async function groupedFiles(paths: readonly string[], wanted?: string): Promise<GroupedFile[] | undefined> {
  const files: GroupedFile[] = []
  const hashes: number[] = []
  try {
    for (const path of paths) {
      const known = await batchedFile(path)
      if (!known || (wanted !== undefined && known.format.name !== wanted)) return undefined
      files.push(known)
      for await (const ids of eachBatch(path, known.format, batch => batch.ids()))
        for (const id of ids) hashes.push(hashOf(traceKey(id)))
    }
  } catch (error) {
    // Who reads the file finds the same error, and reports it.
    if (error instanceof LabError) return undefined
    throw error
  }
  return hasTwice(hashes) ? undefined : files
}

const headLength = 64
const scratch = new Uint32Array(2)

/** A file in a format that has batches. */
async function batchedFile(path: string): Promise<GroupedFile | undefined> {
  const kind = path === '-' ? undefined : await kindOf(path).catch(() => undefined)
  if (!kind?.isFile) return undefined
  const file = await openLocal(path)
  try {
    const [head] = await file.read([{ start: 0, end: Math.min(headLength, file.byteLength) }])
    const format = formats.find(format => format.openBatches && format.detect(head!))
    return format && { path, format, byteLength: file.byteLength }
  } finally {
    await file.close()
  }
}

/** 53 bits: ids that have it in common by chance are grouped in vain. */
function hashOf(id: string): number {
  hashText(id, scratch)
  return scratch[0]! * 0x200000 + (scratch[1]! >>> 11)
}

function hasTwice(hashes: readonly number[]): boolean {
  const sorted = Float64Array.from(hashes).sort()
  return sorted.some((hash, i) => i > 0 && hash === sorted[i - 1])
}

/** The traces of a file, batch by batch. */
export function readBatches(path: string, format: Format): AsyncIterable<readonly Trace[]> {
  return eachBatch(path, format, batch => batch.read())
}

async function* eachBatch<T>(path: string, format: Format, read: (batch: TraceBatch) => Promise<T>): AsyncIterable<T> {
  const { batches, close } = await format.openBatches!(path)
  try {
    for (const batch of batches) yield await read(batch)
  } finally {
    await close()
  }
}

type Target = Pick<Format, 'name' | 'parts' | 'refusal'>

export interface EncodeOptions {
  readonly losses: Losses
  /** They encode what is large. */
  readonly workers?: WorkerPool | undefined
}

/** The batches of files, in order, encoded in another format. What is bad is treated as `readInputs` does. */
export function encodedBatches(
  files: readonly GroupedFile[],
  target: Target,
  options: EncodeOptions,
): AsyncIterable<EncodedBatch> {
  return eachFile(files, options.losses, (batches, format) => encodedFile(batches, format, target, options))
}

/** The same for a target of the files' own format. */
export function copiedBatches(files: readonly GroupedFile[], losses: Losses): AsyncIterable<readonly Trace[]> {
  return eachFile(files, losses, async function* (batches) {
    for (const batch of batches) yield await batch.copy()
  })
}

async function* eachFile<T>(
  files: readonly GroupedFile[],
  losses: Losses,
  read: (batches: readonly TraceBatch[], format: string) => AsyncIterable<T>,
): AsyncIterable<T> {
  for (const { path, format } of files) {
    const subject = `${path}: ${format.name}`
    losses.enter(path, subject)
    try {
      const { batches, close } = await format.openBatches!(path)
      try {
        yield* read(batches, format.name)
      } finally {
        await close()
      }
    } catch (error) {
      leaveOut('rest of the file', path, subject, error, losses)
    }
  }
}

async function* encodedFile(
  batches: readonly TraceBatch[],
  format: string,
  target: Target,
  { losses, workers }: EncodeOptions,
): AsyncIterable<EncodedBatch> {
  const encode = encoderHere(target, losses)
  const spanCount = batches.reduce((sum, batch) => sum + batch.spanCount, 0)
  const pool = workers && workers.count > 1 && spanCount >= workers.minSpans ? workers : undefined
  const encodeThere = async (batch: TraceBatch) => {
    if (pool === undefined) return { batch, part: undefined }
    const { input, file } = await batch.share()
    const job = { format, batch: input.value, target: target.name }
    return { batch, part: await pool.run(encodeTask, { ...input, value: job }, file) }
  }
  const ahead = { width: pool?.width ?? 1, mayFollow: () => true }
  for await (const { batch, part } of inOrder(batches, ahead, encodeThere))
    yield part === undefined ? encode(await batch.read()) : { spanCount: batch.spanCount, part }
}

/** Encodes in this thread. Where that fails, and the format refuses spans, those are the reason: they are bad. */
function encoderHere(target: Target, losses: Losses): (traces: readonly Trace[]) => EncodedBatch {
  const newEncoder = () => target.parts!.encoder()
  let encode = newEncoder()
  return traces => {
    try {
      return { spanCount: countSpans(traces), part: encode(traces) }
    } catch (error) {
      if (!(error instanceof LabError && target.refusal)) throw error
      encode = newEncoder()
      const held = heldTraces(traces, target.refusal, losses)
      return { spanCount: countSpans(held), part: encode(held) }
    }
  }
}
