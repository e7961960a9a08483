import { createHash } from 'node:crypto'
import { z } from 'zod'
import { checkShape, parseJson } from '../../storage/json.ts'

/** What `meta.json` says of a block, under Tempo's names. */
export interface BlockMeta {
  readonly format: 'blockpack'
  readonly blockID: string
  readonly tenantID: string
  /** When the first span starts and the last one ends, ISO 8601 with milliseconds. */
  readonly startTime: string
  readonly endTime: string
  /** When the last of its spans arrived: by it a block is compacted and deleted, whatever clocks its spans have. */
  readonly receivedTime: string
  /** Traces. */
  readonly totalObjects: number
  readonly totalSpans: number
  /** Bytes of `data.blockpack`. */
  readonly size: number
  readonly compactionLevel: number
  /** The blocks whose spans it has: they count no more. */
  readonly replaces: readonly string[]
}

export { blockpackData as dataName, compactedName, metaName } from '../../storage/files.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime()
export const blockMetaSchema: z.ZodType<BlockMeta> = z.object({
  format: z.literal('blockpack'),
  blockID: z.uuid(),
  tenantID: z.string(),
  startTime: time,
  endTime: time,
  receivedTime: time,
  totalObjects: count,
  totalSpans: count,
  size: count,
  compactionLevel: count,
  replaces: z.array(z.uuid()),
})

export function printMeta(meta: BlockMeta): Buffer {
  return Buffer.from(`${JSON.stringify(meta, undefined, 2)}\n`)
}

/** Undefined for a block of another format. */
export function parseMeta(bytes: Uint8Array, key: string): BlockMeta | undefined {
  const value = parseJson(bytes, key)
  if ((value as { format?: unknown } | null)?.format !== 'blockpack') return undefined
  return checkShape(blockMetaSchema, value, key)
}

/** A UUID (version 8, RFC 9562) that follows from texts: the same ones give the same. */
export function derivedId(...texts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(texts)).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
