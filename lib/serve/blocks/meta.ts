import { createHash } from 'node:crypto'
import { z } from 'zod'
import { LabError } from '../../error.ts'
import { printMeta as printParquetMeta } from '../../formats/vparquet/meta.ts'
import { blockData, blockpackData } from '../../storage/files.ts'
import { checkShape, parseJson } from '../../storage/json.ts'

/** What blocks are written as: ours, or Tempo's. */
export const blockFormats = ['blockpack', 'vParquet4'] as const
export type BlockFormat = (typeof blockFormats)[number]

/** What `meta.json` says of a block, under Tempo's names. */
export interface BlockMeta {
  readonly format: BlockFormat
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
  /** Bytes of its data. */
  readonly size: number
  readonly compactionLevel: number
  /** The blocks whose spans it has: they count no more. */
  readonly replaces: readonly string[]
  /** Of a block of Tempo: what its reader must know besides. */
  readonly parquet?: ParquetFacts | undefined
}

export interface ParquetFacts {
  readonly rowGroups: number
  readonly footerBytes: number
  /** Of the filter of trace ids. */
  readonly shards: number
}

export { blockpackData as dataName, compactedName, metaName } from '../../storage/files.ts'

/** What the object with the traces of a block is called. */
export function dataNameOf({ format }: Pick<BlockMeta, 'format'>): string {
  return format === 'blockpack' ? blockpackData : blockData
}

/** What the objects of a block are called that are written before its meta. */
export function partsOf(meta: BlockMeta): string[] {
  if (meta.format === 'blockpack') return [blockpackData]
  return [blockData, 'index', ...Array.from({ length: meta.parquet?.shards ?? 0 }, (_, i) => `bloom-${i}`)]
}

const count = z.number().int().nonnegative()
const time = z.iso.datetime()
export const blockMetaSchema: z.ZodType<BlockMeta> = z.object({
  format: z.enum(blockFormats),
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
  parquet: z.object({ rowGroups: count, footerBytes: count, shards: count }).optional(),
})

/** `meta.json`; of a block of Tempo as Tempo has it. */
export function printMeta(meta: BlockMeta): Buffer {
  if (meta.format !== 'blockpack') return Buffer.from(printTempoMeta(meta))
  return Buffer.from(`${JSON.stringify(meta, undefined, 2)}\n`)
}

/** `meta.json` as Tempo has it, of a block of Tempo. */
export function printTempoMeta(meta: BlockMeta): string {
  const { format, blockID, tenantID, startTime, endTime, totalObjects, size, parquet } = meta
  if (format === 'blockpack' || parquet === undefined)
    throw new LabError('corrupt', `block ${blockID}: is not one of Tempo, or lacks what its readers must know`)
  return printParquetMeta({
    ...{ version: format, blockId: blockID, tenantId: tenantID, traceCount: totalObjects, byteLength: size },
    ...{ startNanos: nanosOf(startTime), endNanos: nanosOf(endTime), rowGroupCount: parquet.rowGroups },
    ...{ footerLength: parquet.footerBytes, bloomShardCount: parquet.shards },
  })
}

function nanosOf(time: string): bigint {
  return BigInt(Date.parse(time)) * 1_000_000n
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
