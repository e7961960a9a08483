import { z } from 'zod'
import { units } from '../../lib/model/units.ts'

export const count = z.number().int().nonnegative()
export const amount = z.number().nonnegative()

/** Many of a kind, which no one changes. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item).readonly()
}

const inputSchema = z.object({
  /** The name of the result's table: of the workload and size, or of the input. */
  name: z.string(),
  source: z.string(),
  /** The input's own size, uncompressed; null where only some of its traces were taken. */
  bytes: count.nullable(),
  /** NDJSON of phase 01. */
  baselineBytes: count,
  /** The same under zstd 19, as in phase 22. */
  zstd19Bytes: count,
  traceCount: count,
  spanCount: count,
  digest: z.string(),
  /** What no exact encoder can beat (generated data), or an estimate of it (captures). */
  floorBytes: count,
  floor: z.record(z.string(), count),
  floorKind: z.enum(['generator', 'reference model']),
  /** What the source could not carry into the model. */
  dropped: z.array(z.object({ field: z.string(), count, first: z.string().optional() })),
  /** Files of a folder that hold no traces. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** What was left out under --skip-bad: how many units of a kind of a file, and what was wrong with the first. */
  bad: z.array(z.object({ file: z.string(), unit: z.enum(units), count, first: z.string() })),
})

/** What a bench was asked of. */
export const benchInputSchema = z.object({
  /** As that of a run of the same data. */
  name: z.string(),
  source: z.string(),
  /** What was read and what was left out, in lines. */
  notes: list(z.string()),
  traceCount: count,
  spanCount: count,
})

export const environmentSchema = z.object({
  date: z.string(),
  commit: z.string().nullable(),
  version: z.string(),
  node: z.string(),
  zstd: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: count,
  memoryBytes: count,
  /** Null where each phase got as many as its budget of time allowed. */
  rounds: count.nullable(),
  /** Rows that were earned side by side. */
  lanes: count.default(1),
  zstdLevel: count.nullable(),
  /** As it was called; null of runs from before it was kept. */
  command: z.string().nullable().default(null),
})

const keptSchema = z.object({
  traceOrder: z.boolean(),
  spanOrder: z.boolean(),
  attributeOrder: z.boolean(),
  spanIds: z.enum(['kept', 'renamed']),
})

export const fidelitySchema = z.enum(['exact', 'unordered', 'renamed', 'lossy'])

const share = z.number().min(0).max(1).nullable()

/** What answers to one kind of question have lost: see lib/questions/price.ts. */
export const priceSchema = z.object({
  question: z.string(),
  asked: count,
  unanswerable: count,
  reason: z.string().nullable(),
  medianError: amount.nullable(),
  worstError: amount.nullable(),
  outside: share,
  missing: count,
  invented: count,
  basis: z.string().nullable(),
})

/** Shares of traces that came back whole; null where there were none of the kind. */
export const survivedSchema = z.object({ all: share, errors: share, slow: share, rare: share })

/** Spans and distinct values of an attribute before and after. */
const attributeSchema = z.object({
  name: z.string(),
  hadSpans: count,
  keptSpans: count,
  hadValues: count,
  keptValues: count,
})

/** Numbers are null where they were not earned: a row with a problem has none. */
const rowSchema = z.object({
  phase: z.string(),
  variant: z.string(),
  title: z.string(),
  claim: fidelitySchema.nullable(),
  fidelity: fidelitySchema.nullable(),
  kept: keptSchema.nullable(),
  /** What a lossy phase says it loses. */
  lost: z.array(z.string()),
  wholeTraceCount: count.nullable(),
  /** What the loss costs: empty of rows that lose nothing, and of runs from before it was measured. */
  price: z.array(priceSchema).default([]),
  survived: survivedSchema.nullable().default(null),
  /** Attributes of which spans or values are gone, most of them first. */
  attributes: z.array(attributeSchema).default([]),
  problem: z.string().nullable(),
  sizeBytes: count.nullable(),
  bytesPerSpan: amount.nullable(),
  ratio: amount.nullable(),
  inputRatio: amount.nullable(),
  zstdGain: amount.nullable(),
  floorRatio: amount.nullable(),
  parts: z.record(z.string(), count).nullable(),
  encodeSeconds: amount.nullable(),
  decodeSeconds: amount.nullable(),
  encodeCpuSeconds: amount.nullable(),
  decodeCpuSeconds: amount.nullable(),
  /** Median absolute deviation of the rounds' CPU seconds as a share of their median; null for one round. */
  encodeSpread: amount.nullable(),
  decodeSpread: amount.nullable(),
  encodeSpansPerSecond: amount.nullable(),
  decodeSpansPerSecond: amount.nullable(),
  encodeMBps: amount.nullable(),
  decodeMBps: amount.nullable(),
  /** On the wall with all cores, reading included; null where a phase has one thread only, and of runs from before. */
  allCoresEncodeSeconds: amount.nullable().default(null),
  allCoresDecodeSeconds: amount.nullable().default(null),
  encodePeakBytes: count.nullable(),
  decodePeakBytes: count.nullable(),
})

/** One run of the lab: what went in, where, and a row a phase and variant. */
export const runSchema = z.object({
  kind: z.literal('phases').default('phases'),
  input: inputSchema,
  environment: environmentSchema,
  rows: z.array(rowSchema),
})

export type BenchInput = z.infer<typeof benchInputSchema>
export type Input = z.infer<typeof inputSchema>
export type Environment = z.infer<typeof environmentSchema>
export type Row = z.infer<typeof rowSchema>
export type Run = z.infer<typeof runSchema>
export type FidelityClass = z.infer<typeof fidelitySchema>
