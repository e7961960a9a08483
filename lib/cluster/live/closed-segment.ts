import { z } from 'zod'
import { LabError, messageOf } from '../../error.ts'
import { checkShape, parseJson } from '../../storage/json.ts'
import { type BlobStore, putBytes, readObject } from '../../storage/store.ts'
import { logSchema } from '../identity.ts'
import type { LogIdentity } from '../log/log.ts'
import { type LivePiece, offsetSchema, pieceSchema } from './answer.ts'
import { pieceKey, piecePrefix } from './pieces.ts'

/** The spans of offsets from `start` up to, not including, `end` in pieces of the folder. */
export interface ClosedSegment {
  readonly start: number
  readonly end: number
  /** When the last of its records was made. */
  readonly readMillis: number
  /** Of its records. */
  readonly byteLength: number
  readonly pieces: readonly LivePiece[]
}

/** What a folder is of. */
export interface FolderOwner {
  readonly log: LogIdentity
  readonly partition: number
}

const segmentPrefix = 'live=1/segment/'
const schema = z.object({
  version: z.literal(1),
  log: logSchema,
  partition: offsetSchema,
  start: offsetSchema,
  end: offsetSchema,
  readMillis: z.number(),
  byteLength: offsetSchema,
  pieces: z.array(pieceSchema),
})

/** Makes a segment count whose pieces are written: a start finds it from now on. */
export async function publishSegment(folder: BlobStore, { log, partition }: FolderOwner, segment: ClosedSegment) {
  const { cluster, topic, topicId } = log
  const content = { version: 1, log: { cluster, topic, topicId }, partition, ...segment }
  await putBytes(folder, segmentKey(segment), Buffer.from(`${JSON.stringify(content)}\n`))
}

/** Makes a segment count no more, whose pieces may be deleted then. */
export function forgetSegment(folder: BlobStore, segment: ClosedSegment): Promise<void> {
  return folder.delete(segmentKey(segment))
}

function segmentKey({ start }: ClosedSegment): string {
  return `${segmentPrefix}${String(start).padStart(12, '0')}.json`
}

/**
 * The segments of a folder that have what is not in blocks, `committed` on, without a gap; all else is removed from it.
 * `warn` is called with what is damaged: its spans are in the log. A folder of another log or partition is refused.
 */
export async function loadSegments(
  folder: BlobStore,
  owner: FolderOwner,
  committed: number,
  warn: (message: string) => void,
): Promise<ClosedSegment[]> {
  const sizes = new Map<string, number>()
  for await (const { key, byteLength } of folder.list(piecePrefix)) sizes.set(key, byteLength)
  const kept: ClosedSegment[] = []
  const gone: string[] = []
  for await (const { key } of folder.list(segmentPrefix)) {
    const segment = await readSegment(folder, key, owner, sizes).catch(error => {
      if (!(error instanceof LabError) || error.kind !== 'corrupt') throw error
      warn(`${messageOf(error)}: the segment is read again from the log`)
      return undefined
    })
    const isNext = segment && (kept.length === 0 ? segment.start <= committed : segment.start === kept.at(-1)!.end)
    if (isNext && segment.end > committed) kept.push(segment)
    else gone.push(key)
  }
  for (const key of gone) await folder.delete(key)
  const needed = new Set(kept.flatMap(({ pieces }) => pieces.map(({ id }) => pieceKey(id))))
  for (const key of sizes.keys()) if (!needed.has(key)) await folder.delete(key)
  return kept
}

async function readSegment(
  folder: BlobStore,
  key: string,
  owner: FolderOwner,
  sizes: ReadonlyMap<string, number>,
): Promise<ClosedSegment> {
  const {
    log,
    partition,
    version: _,
    ...segment
  } = checkShape(schema, parseJson(await readObject(folder, key), key), key)
  if (log.cluster !== owner.log.cluster || log.topicId !== owner.log.topicId || partition !== owner.partition)
    throw new LabError(
      'invalid',
      `${key}: is of partition ${partition} of the topic ${JSON.stringify(log.topic)} (${log.topicId}), and this live store of ` +
        `partition ${owner.partition} of ${JSON.stringify(owner.log.topic)} (${owner.log.topicId}): name another folder, or empty this one`,
    )
  if (segmentKey(segment) !== key || segment.end < segment.start)
    throw new LabError('corrupt', `${key}: has offsets ${segment.start} to ${segment.end}`)
  for (const { id, meta } of segment.pieces) {
    const size = sizes.get(pieceKey(id))
    if (size !== meta.size)
      throw new LabError(
        'corrupt',
        `${pieceKey(id)}: ${size === undefined ? 'is gone' : `has ${size} bytes, expected ${meta.size}`}`,
      )
  }
  return segment
}
