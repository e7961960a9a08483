import { z } from 'zod'
import { amount, benchInputSchema, count, environmentSchema, fidelitySchema, list } from './run-schema.ts'

/** `compare` stands apart from other metrics: it reads every column. */
const questionKindSchema = z.enum(['search', 'metrics', 'compare'])

/** One query of a set. */
const questionSchema = z.object({
  name: z.string(),
  text: z.string(),
  kind: questionKindSchema,
  /** What the set is sure of: some spans match, or none. Undefined where it depends on the data. */
  expects: z.enum(['some', 'none']).optional(),
})

/** A range and step of metrics, in ns as decimal text, which processes can hand on. */
const rangeSchema = z.object({ startNanos: z.string(), endNanos: z.string(), stepNanos: z.string() })

const querySetSchema = z.object({
  name: z.string(),
  questions: list(questionSchema),
  /** Parts of the range that the set asks for; the rest follows from the data. */
  range: rangeSchema.partial(),
})

/** What is known of a question before any file is asked. */
const truthSchema = z.object({
  /** Spans that match, see `matchedBy`. */
  matched: count,
  /** Why no file is asked it. */
  problem: z.string().nullable(),
})

const secondsSchema = z.object({ wall: amount, cpu: amount })

/** Medians over rounds, and the spread of the CPU seconds as a share of their median; null for one round. */
const summarySchema = z.object({ median: secondsSchema, spread: amount.nullable() })

/**
 * What was read of a file: the store is asked for so many ranges, in so many steps that wait for one another. Null of a
 * peer, which reads by itself.
 */
const readCostSchema = z.object({ bytes: count.nullable(), requests: count.nullable(), roundTrips: count.nullable() })

/** What it takes until a file can be asked. */
const openingCostSchema = readCostSchema.extend({ seconds: secondsSchema })

/** What one operation costs: opening the file is not part of it, decoding it is. */
const queryCostSchema = readCostSchema.extend({
  seconds: summarySchema,
  /** See `spansOf`. */
  spans: count,
})

/** By name of a setting its cost, null where it is not one of the question: metrics have no limit of traces. */
const settingCostsSchema = z.record(z.string(), summarySchema.nullable())

/** The cost of a question, or why it was not earned. */
const queryResultSchema = z.object({
  cost: queryCostSchema.nullable(),
  problem: z.string().nullable(),
  /** Why a peer is not asked it, which is no problem. */
  refusal: z.string().optional(),
  /** Beside a peer: the cost in each setting. */
  settings: settingCostsSchema.optional(),
})

/** What it takes to write the file. */
const ingestCostSchema = z.object({
  /** The median of the rounds; of the proving pass where there is one round. */
  encodeCpuSeconds: amount,
  encodePeakBytes: count,
})

/** What a row has earned. */
const earnedSchema = z.object({
  results: list(queryResultSchema),
  opening: openingCostSchema.nullable(),
  sizeBytes: count,
  /** Null of a block that was there before. */
  ingest: ingestCostSchema.nullable(),
  /** In a word what came back; null of a block, which the traces come from. */
  kept: fidelitySchema.nullable(),
  /** What a lossy phase says it loses, where not all traces came back whole. */
  lost: list(z.string()),
  /** Of a process that asks each query once. */
  queryPeakBytes: count,
})

/** A phase and variant, or a block as it lies: what it costs, or why that was not earned. */
const queryRowSchema = z.object({
  name: z.string(),
  /** Whether the file is opened for queries; else each of them decodes all of it. */
  opens: z.boolean(),
  earned: earnedSchema.nullable(),
  problem: z.string().nullable(),
  /** Why a peer is not there to be asked, which is no problem. */
  absence: z.string().optional(),
})

/** What each query costs in each row. */
export const queryBenchSchema = z.object({
  kind: z.literal('queries'),
  input: benchInputSchema,
  environment: environmentSchema.extend({ rounds: count }),
  set: querySetSchema,
  range: rangeSchema,
  /** Of each query to a file that opens; the environment tells those of all else. */
  openRounds: count,
  /** By question of the set, as are the results of the rows. */
  truths: list(truthSchema),
  rows: list(queryRowSchema),
})

export type QuestionKind = z.infer<typeof questionKindSchema>
export type Question = z.infer<typeof questionSchema>
export type RangeTexts = z.infer<typeof rangeSchema>
export type QuerySet = z.infer<typeof querySetSchema>
export type Truth = z.infer<typeof truthSchema>
export type ReadCost = z.infer<typeof readCostSchema>
export type OpeningCost = z.infer<typeof openingCostSchema>
export type QueryCost = z.infer<typeof queryCostSchema>
export type SettingCosts = z.infer<typeof settingCostsSchema>
export type QueryResult = z.infer<typeof queryResultSchema>
export type Earned = z.infer<typeof earnedSchema>
export type TimedQueries = Pick<Earned, 'results' | 'opening'>
export type QueryRow = z.infer<typeof queryRowSchema>
export type QueryBench = z.infer<typeof queryBenchSchema>
