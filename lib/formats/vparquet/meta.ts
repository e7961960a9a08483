import { z } from 'zod'
import { clip, LabError } from '../../error.ts'

/** The versions of Tempo's blocks that are read. */
export const versions = ['vParquet4', 'vParquet5'] as const

export type Version = (typeof versions)[number]

export const dedicatedScopes = ['resource', 'span', 'event'] as const

export type DedicatedScope = (typeof dedicatedScopes)[number]

/** An attribute that has a column of its own by the block's settings. */
export interface DedicatedColumn {
  readonly scope: DedicatedScope
  readonly name: string
  readonly type: 'string' | 'int'
  /** True where arrays may stand in it too. */
  readonly isArray?: boolean
  /** True for long texts that seldom repeat, which are compressed and not coded. */
  readonly isBlob?: boolean
}

/** What `meta.json` says of a block, as far as it matters to a reader. */
export interface BlockMeta {
  readonly version: Version
  readonly blockId: string
  readonly tenantId: string
  readonly traceCount: number
  /** The seconds in which its traces start and end, as far as Tempo took them for possible. */
  readonly seconds: readonly [start: number, end: number] | undefined
  /** Of `data.parquet`, bytes. */
  readonly byteLength: number
  readonly rowGroupCount: number
  readonly footerLength: number
  /** Of the filter of trace ids; 0 where none is told of. */
  readonly bloomShardCount: number
  readonly dedicatedColumns: readonly DedicatedColumn[]
}

const nanosPerSecond = 1_000_000_000n
/** The last second of the year 9999: later ones have no such text. */
const maxSeconds = 253_402_300_799

const whole = z.number().int().nonnegative()

const time = z.string().refine(text => !Number.isNaN(Date.parse(text)))

const dedicatedSchema = z.object({
  s: z.enum(['resource', 'span', 'event']).default('span'),
  n: z.string().min(1),
  t: z.enum(['string', 'int']).default('string'),
  o: z.array(z.string()).nullish(),
})

const metaSchema = z.object({
  format: z.string(),
  blockID: z.string(),
  tenantID: z.string(),
  startTime: time.nullish(),
  endTime: time.nullish(),
  totalObjects: whole,
  size: whole,
  totalRecords: whole,
  footerSize: whole,
  bloomShards: whole.nullish(),
  dedicatedColumns: z.array(dedicatedSchema).nullish(),
})

/** Reads `meta.json`; what does not belong to it, or a version that is not read, is refused with its name. */
export function parseMeta(text: string): BlockMeta {
  const json = parseJson(text)
  const parsed = metaSchema.safeParse(json)
  if (!parsed.success) throw new LabError('corrupt', `meta.json: ${wrongField(json, parsed.error.issues[0]!.path)}`)
  const { startTime, endTime } = parsed.data
  const { format, blockID, tenantID, totalObjects, size, totalRecords, footerSize, bloomShards, dedicatedColumns } =
    parsed.data
  return {
    version: versionNamed(format),
    blockId: blockID,
    tenantId: tenantID,
    traceCount: totalObjects,
    seconds: startTime && endTime ? [secondOf(startTime), secondOf(endTime)] : undefined,
    byteLength: size,
    rowGroupCount: totalRecords,
    footerLength: footerSize,
    bloomShardCount: bloomShards ?? 0,
    dedicatedColumns: (dedicatedColumns ?? []).map(({ s, n, t, o }) => ({
      ...{ scope: s, name: n, type: t },
      ...(o?.includes('array') ? { isArray: true } : {}),
      ...(o?.includes('blob') ? { isBlob: true } : {}),
    })),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError('corrupt', `meta.json: ${text.trim() === '' ? 'is empty' : 'is not JSON, or not all of it'}`, {
      cause,
    })
  }
}

function wrongField(json: unknown, path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'is not an object'
  const value = path.reduce<unknown>((within, key) => (within as Record<PropertyKey, unknown>)[key], json)
  return `${path.join('.')}: ${value === undefined ? 'is missing' : `cannot be ${clip(JSON.stringify(value))}`}`
}

function secondOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000)
}

function versionNamed(format: string): Version {
  const found = versions.find(version => version === format)
  if (found !== undefined) return found
  throw new LabError(
    'unsupported',
    `meta.json: a block of the version ${JSON.stringify(format)}; read are ${versions.join(' and ')}`,
  )
}

/** What a writer knows of a block. */
export interface NewMeta {
  readonly version?: Version
  readonly blockId: string
  readonly tenantId: string
  readonly startNanos: bigint
  readonly endNanos: bigint
  readonly traceCount: number
  readonly byteLength: number
  readonly rowGroupCount: number
  readonly footerLength: number
  readonly bloomShardCount: number
  readonly dedicatedColumns?: readonly DedicatedColumn[]
}

/** `meta.json`, the fields in the order in which Tempo has them, defaults left out. */
export function printMeta(meta: NewMeta): string {
  const { version = 'vParquet4', dedicatedColumns = [] } = meta
  return JSON.stringify({
    format: version,
    blockID: meta.blockId,
    tenantID: meta.tenantId,
    startTime: printSecond(meta.startNanos / nanosPerSecond),
    endTime: printSecond((meta.endNanos + nanosPerSecond - 1n) / nanosPerSecond),
    totalObjects: meta.traceCount,
    size: meta.byteLength,
    compactionLevel: 0,
    indexPageSize: 0,
    totalRecords: meta.rowGroupCount,
    bloomShards: meta.bloomShardCount,
    footerSize: meta.footerLength,
    ...(dedicatedColumns.length > 0 ? { dedicatedColumns: dedicatedColumns.map(printDedicated) } : {}),
    replicationFactor: 1,
  })
}

function printSecond(seconds: bigint): string {
  return new Date(Math.min(Number(seconds), maxSeconds) * 1000).toISOString().replace('.000Z', 'Z')
}

function printDedicated({ scope, name, type, isArray, isBlob }: DedicatedColumn) {
  const options = [...(isArray ? ['array'] : []), ...(isBlob ? ['blob'] : [])]
  return {
    ...(scope === 'span' ? {} : { s: scope }),
    n: name,
    ...(type === 'string' ? {} : { t: type }),
    ...(options.length === 0 ? {} : { o: options }),
  }
}
