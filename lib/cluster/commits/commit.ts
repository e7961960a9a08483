import { z } from 'zod'
import { LabError } from '../../error.ts'
import { type BlockMeta, blockMetaSchema } from '../../serve/blocks/meta.ts'
import { checkShape, parseJson } from '../../storage/json.ts'

/** The objects that say what counts: FORMAT.md, "Commits" and "Snapshots". */

/** Where the objects of a cluster lie that are not blocks. */
export const clusterPrefix = 'cluster=1'

/** Offsets of a partition whose spans are in blocks: from `start` up to, not including, `end`. */
export interface LogSection {
  readonly partition: number
  readonly start: number
  readonly end: number
  /** Offsets of records that could not be read. */
  readonly poison: readonly number[]
  /** Offsets, from and to, that the log dropped before they were in blocks: `start` is where it goes on. */
  readonly lost?: readonly [number, number] | undefined
}

/** One step of the store. */
export interface Commit {
  /** Which instance made it. */
  readonly writer: string
  readonly log: readonly LogSection[]
  readonly adds: readonly BlockMeta[]
  /** Ids of blocks that count before it and not after it. */
  readonly removes: readonly string[]
  /** Ids of blocks that never counted, and never will. */
  readonly discards: readonly string[]
}

/** What counts after a commit. */
export interface Snapshot {
  /** By partition the first offset that is not in blocks. */
  readonly log: Readonly<Record<string, number>>
  /** By partition when the last of its spans arrived that are in blocks; older releases do not say. */
  readonly times?: Readonly<Record<string, string>> | undefined
  readonly blocks: readonly BlockMeta[]
  /** Ids of blocks that no commit may add. */
  readonly discarded: readonly string[]
}

const offset = z.number().int().nonnegative()
const section = z.object({
  partition: offset,
  start: offset,
  end: offset,
  poison: z.array(offset),
  lost: z.tuple([offset, offset]).optional(),
})
const commitSchema = z.object({
  version: z.literal(1),
  writer: z.string(),
  log: z.array(section),
  adds: z.array(blockMetaSchema),
  removes: z.array(z.uuid()),
  discards: z.array(z.uuid()),
})
const snapshotSchema = z.object({
  version: z.literal(1),
  log: z.record(z.string().regex(/^\d+$/), offset),
  times: z.record(z.string().regex(/^\d+$/), z.iso.datetime()).optional(),
  blocks: z.array(blockMetaSchema),
  discarded: z.array(z.uuid()),
})

export function commitKey(number: number): string {
  return `${clusterPrefix}/commit/${digits(number)}.json`
}

export function snapshotKey(number: number): string {
  return `${clusterPrefix}/snapshot/${digits(number)}.json`
}

/** The key of a record that cannot be read. */
export function poisonKey(partition: number, recordOffset: number): string {
  return `${clusterPrefix}/poison/${String(partition).padStart(6, '0')}/${digits(recordOffset)}`
}

/** What the object of a key is: `data`, `meta`, `filter`, `commit`, `ring` and so on; `list` of no key. */
export function objectKind(key: string): string {
  const [first, second, third = ''] = key.split('/')
  if (key === '') return 'list'
  if (first === clusterPrefix) return second!.replace(/\..*/, '')
  return third.startsWith('data.') ? 'data' : third.startsWith('meta.') ? 'meta' : 'filter'
}

/** The number in a key of a commit or snapshot. */
export function numberOf(key: string): number {
  const [, number] = /\/(\d{12,})\.json$/.exec(key) ?? []
  if (number === undefined) throw new LabError('corrupt', `${key}: expected a number of 12 digits and .json`)
  return Number(number)
}

function digits(number: number): string {
  return String(number).padStart(12, '0')
}

export function printCommit(commit: Commit): Buffer {
  return print(commit)
}

export function printSnapshot(snapshot: Snapshot): Buffer {
  return print(snapshot)
}

export function parseCommit(bytes: Uint8Array, key: string): Commit {
  return parse(commitSchema, bytes, key)
}

export function parseSnapshot(bytes: Uint8Array, key: string): Snapshot {
  return parse(snapshotSchema, bytes, key)
}

function print(content: object): Buffer {
  return Buffer.from(`${JSON.stringify({ version: 1, ...content })}\n`)
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string): T {
  const value = parseJson(bytes, key)
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > 1)
    throw new LabError('invalid', `${key}: version ${version} was written by a later release; this one reads version 1`)
  return checkShape(schema, value, key)
}
