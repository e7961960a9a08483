import { deserialize, serialize } from 'node:v8'
import { z } from 'zod'
import { LabError } from '../../error.ts'
import type { PortionWork, SpanSource } from '../../model/scan.ts'
import type { OwnPortion, SourcePortion } from '../../search/portions.ts'
import { blockMetaSchema } from '../../serve/blocks/meta.ts'
import { checkShape } from '../../storage/json.ts'
import type { Place } from './place.ts'

/** What a querier is asked: work on a portion of the sources of a query. */
export interface Job {
  readonly work: PortionWork
  readonly portion: JobPortion
  /** It reads no more than this of storage, */
  readonly maxBytes: number
  /** and ends after so long. */
  readonly timeoutMillis: number
}

/** A `SourcePortion` as data. */
export type JobPortion =
  | (Omit<OwnPortion, 'sources'> & { readonly places: readonly Place[] })
  | {
      readonly kind: 'shared'
      readonly places: readonly Place[]
      /** Ids, and for each place that has it its number among the places and the positions there. */
      readonly traces: readonly { readonly traceId: string; readonly positions: readonly (readonly number[])[] }[]
    }

export interface JobResult {
  /** A result a batch. */
  readonly results: readonly unknown[]
  readonly spentBytes: number
}

const count = z.number().int().nonnegative()
const placeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('block'),
    tenantID: z.string(),
    blockID: z.uuid(),
    tempo: blockMetaSchema.optional(),
  }),
  z.object({
    kind: z.literal('piece'),
    address: z.url(),
    piece: z.object({ id: z.string(), start: count, end: count, meta: blockMetaSchema }),
  }),
])
const jobSchema: z.ZodType<Job> = z.object({
  work: z.object({ name: z.string(), content: z.looseObject({}) }),
  portion: z.discriminatedUnion('kind', [
    z
      .object({
        kind: z.literal('own'),
        places: z.array(placeSchema),
        leftOut: z.array(z.union([z.instanceof(Uint32Array), z.array(z.string())])),
        within: z.object({ start: count, end: count }).optional(),
      })
      .refine(({ places, leftOut }) => leftOut.length === places.length, 'needs what is left out of each place'),
    z.object({
      kind: z.literal('shared'),
      places: z.array(placeSchema),
      traces: z.array(z.object({ traceId: z.string(), positions: z.array(z.array(count).min(2)) })),
    }),
  ]),
  maxBytes: z.number().positive(),
  timeoutMillis: z.number().positive(),
})

/** Roles of other versions have other work: they do not understand each other, and say so. */
const version = 2

/**
 * Jobs and results are data as threads send it: typed arrays, integers of 64 bits, and strings and doubles as they are,
 * lone surrogates and negative zeros among them, which JSON and MessagePack would change.
 */
export function encodeJob(job: Job): Buffer {
  return serialize({ version, ...job })
}

export function decodeJob(bytes: Uint8Array): Job {
  const data = decode(bytes, 'job')
  if (data.version !== version)
    throw new LabError('unsupported', `job: version ${String(data.version)}, this querier takes version ${version}`)
  return checkShape(jobSchema, data, 'job')
}

export function encodeResult(result: JobResult): Buffer {
  return serialize(result)
}

/** The querier is of the same cluster: what it says is taken as it is. */
export function decodeResult(bytes: Uint8Array): JobResult {
  return decode(bytes, 'result of a job') as unknown as JobResult
}

function decode(bytes: Uint8Array, subject: string): Readonly<Record<string, unknown>> {
  try {
    return deserialize(bytes) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new LabError('corrupt', `${subject}: ${bytes.length} bytes that are no data`, { cause })
  }
}

/** A portion as data; `placeOf` says where a source is. */
export function jobPortion(portion: SourcePortion, placeOf: (source: SpanSource) => Place): JobPortion {
  const { sources, ...rest } = portion
  const places = sources.map(placeOf)
  if (rest.kind === 'own') return { ...rest, places }
  const positionsIn = (own: ReadonlyMap<SpanSource, readonly number[]>) =>
    sources.flatMap((source, number) => {
      const positions = own.get(source)
      return positions === undefined ? [] : [[number, ...positions]]
    })
  const traces = rest.traces.map(trace => ({ traceId: trace.traceId, positions: positionsIn(trace.places) }))
  return { kind: 'shared', places, traces }
}

/** The portion that a job is about, of sources in the order of its places. */
export function portionOf({ places: _, ...portion }: JobPortion, sources: readonly SpanSource[]): SourcePortion {
  if (portion.kind === 'own') return { ...portion, sources }
  const placesOf = (positions: readonly (readonly number[])[]) =>
    new Map(positions.map(([number, ...own]) => [sources[number!]!, own] as const))
  const traces = portion.traces.map(({ traceId, positions }) => ({ traceId, places: placesOf(positions) }))
  return { kind: 'shared', sources, traces }
}
