import { z } from 'zod'
import { checksum } from '../bytes/checksum.ts'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../codecs/compress.ts'
import { LabError } from '../error.ts'
import { uint64Max } from '../model/trace.ts'
import { checkSum, checkVersion } from '../wire/framing.ts'
import { type Tier, tierNames } from './tier-list.ts'

const version = 1
const headBytes = 9
const level = 19

const count = z.number().int().nonnegative()
const time = z.string().regex(/^\d{1,20}$/)

const tierSchema = z.strictObject({
  name: z.enum(tierNames),
  age: z.string(),
  traceCount: count,
  spanCount: count,
  /** Spans that represent others: `ot=th` in their trace states. */
  sampledCount: count,
  /** When its spans start, ns since the epoch; absent where it has none. */
  starts: z.tuple([time, time]).optional(),
  /** By key of a template the traces that its own represent; empty for the exact tier, whose traces tell. */
  templates: z.array(z.tuple([z.string(), z.number().nonnegative()])),
})

const schema = z.strictObject({
  tiers: z.array(tierSchema).min(1),
  /** Sections in the order of the file, with the checksum of each. */
  sections: z.array(z.strictObject({ name: z.string(), byteLength: count, checksum: count })),
  /** Attributes that the renamed tier lacks, as queries name them. */
  dropped: z.array(z.string()),
  /** By exemplar how many traces it represents. */
  exemplarCounts: z.array(count),
})

/** What a file of tiers holds, and where. */
export type Contents = z.infer<typeof schema>
export type TierFacts = Contents['tiers'][number]

export function emptyFacts({ name, age }: Tier): TierFacts {
  return { name, age, traceCount: 0, spanCount: 0, sampledCount: 0, templates: [] }
}

/** The times at which the spans of a tier start. */
export function startsOf({ starts }: TierFacts): { readonly first: bigint; readonly last: bigint } | undefined {
  return starts && { first: BigInt(starts[0]), last: BigInt(starts[1]) }
}

export function encodeContents(contents: Contents): Buffer {
  const text = Buffer.from(JSON.stringify(contents))
  const stored = zstdCompressor(level)(text)
  const writer = new ByteWriter(headBytes + stored.length)
  writer.u8(version)
  writer.u32(text.length)
  writer.u32(checksum(stored))
  writer.raw(stored)
  return writer.take()
}

export function decodeContents(bytes: Uint8Array): Contents {
  const reader = new ByteReader(bytes, 'contents of tiers')
  checkVersion(reader, reader.u8(), version)
  const [byteLength, sum] = [reader.u32(), reader.u32()]
  const stored = reader.raw(reader.remaining)
  checkSum(stored, sum, 'contents of tiers', headBytes)
  const parsed = schema.safeParse(parse(Buffer.from(zstdDecompressor()(stored, byteLength)).toString()))
  const issue = parsed.error?.issues[0]
  if (issue) reader.fail('corrupt', `${issue.path.join('.')}: ${issue.message}`)
  for (const { starts, name } of parsed.data!.tiers)
    if (starts && !(BigInt(starts[0]) <= BigInt(starts[1]) && BigInt(starts[1]) <= uint64Max))
      reader.fail('corrupt', `tier ${name} starts at ${starts.join(' to ')}`)
  return parsed.data!
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LabError('corrupt', 'contents of tiers: no JSON', { cause: error })
  }
}
