import { z } from 'zod'
import { amount, benchInputSchema, count, environmentSchema, list, priceSchema, survivedSchema } from './run-schema.ts'

/** What is kept under a policy, what it takes in blockpack, and what answers from it have lost. */
const lossRowSchema = z.object({
  /** As `sample --policy` takes it. */
  policy: z.string(),
  /** The kind of policy, and its share in percent. */
  family: z.string(),
  percent: amount,
  traces: count,
  spans: count,
  bytes: count,
  /** Bytes by the spans of the original. */
  bytesPerSpan: amount,
  /** The NDJSON of the original over these bytes. */
  ratio: amount,
  survived: survivedSchema,
  price: list(priceSchema),
})

/** Bytes per span against the errors of answers. */
export const lossCurveSchema = z.object({
  kind: z.literal('loss'),
  input: benchInputSchema,
  environment: environmentSchema,
  ndjsonBytes: count,
  exact: lossRowSchema.pick({ bytes: true, bytesPerSpan: true, ratio: true }),
  rows: list(lossRowSchema),
  /** Policies that keep no trace of so few. */
  empty: list(z.string()),
  /** For ratios of 100, 200 and 500 what reaches them: one for each family that can. */
  targets: list(z.object({ ratio: amount, row: lossRowSchema })),
})

export type LossRow = z.infer<typeof lossRowSchema>
export type LossCurve = z.infer<typeof lossCurveSchema>
