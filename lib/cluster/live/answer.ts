import { z } from 'zod'
import { type BlockMeta, blockMetaSchema } from '../../serve/blocks/meta.ts'

/** Spans of offsets from `start` up to, not including, `end`, as a live store has them: a block that does not change. */
export interface LivePiece {
  readonly id: string
  readonly start: number
  readonly end: number
  readonly meta: BlockMeta
}

/** What a live store knows of a tenant. */
export interface LiveAnswer {
  /** It has all offsets from here on, */
  readonly first: number
  /** up to here, not including it. */
  readonly next: number
  /** The end of the partition when it was read last, */
  readonly end: number
  /** and how long ago that was. */
  readonly endAgeMillis: number
  /** When the last record that was read was made, ms since the epoch; 0 where there was none. */
  readonly readMillis: number
  /** With the spans from the asked offset on; one of the folder may have older ones as well. */
  readonly pieces: readonly LivePiece[]
}

/** How far a live store is. */
export interface LiveStatus extends Omit<LiveAnswer, 'pieces'> {
  readonly partition: number
  /** Up to here, as it knows, spans are in blocks. */
  readonly committed: number
  /** Of the records that it has and that are not in blocks, to about 64 KiB. */
  readonly waitingBytes: number
  /** What spans take in memory. */
  readonly memoryBytes: number
  /** True while it reads no more, for its spans take as much memory as they may. */
  readonly isFull: boolean
}

/** The spans of each tenant that a live store has from an offset on, and up to which; older ones of the folder may be among them. */
export interface LiveTenants {
  readonly next: number
  readonly tenants: readonly { readonly tenant: string; readonly spans: number }[]
}

export const offsetSchema: z.ZodType<number> = z.number().int().nonnegative()

export const pieceSchema: z.ZodType<LivePiece> = z.object({
  id: z.uuid(),
  start: offsetSchema,
  end: offsetSchema,
  meta: blockMetaSchema,
})

const place = {
  first: offsetSchema,
  next: offsetSchema,
  end: offsetSchema,
  endAgeMillis: z.number(),
  readMillis: z.number(),
}

export const answerSchema: z.ZodType<LiveAnswer> = z.object({ ...place, pieces: z.array(pieceSchema) })

export const tenantsSchema: z.ZodType<LiveTenants> = z.object({
  next: offsetSchema,
  tenants: z.array(z.object({ tenant: z.string(), spans: offsetSchema })),
})

export const statusSchema: z.ZodType<LiveStatus> = z.object({
  ...place,
  partition: offsetSchema,
  committed: offsetSchema,
  waitingBytes: offsetSchema,
  memoryBytes: offsetSchema,
  isFull: z.boolean(),
})
