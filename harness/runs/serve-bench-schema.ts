import { z } from 'zod'
import { amount, count, environmentSchema, list } from './run-schema.ts'

/** One row of the page. */
export const figureSchema = z.object({
  what: z.string(),
  unit: z.string(),
  /** Null where it was not measured, or where the answer is not right. */
  value: z.number().nullable(),
  /** Lowest and highest of the rounds, where there are several. */
  range: z.tuple([z.number(), z.number()]).readonly().optional(),
  /** What is to be reached, and whether it is at least or at most that. */
  wanted: z
    .tuple([z.enum(['≥', '≤']), amount])
    .readonly()
    .optional(),
  /** Why there is no number. */
  problem: z.string().optional(),
})

/** What the store does under load. */
export const serveBenchSchema = z.object({
  kind: z.literal('serve'),
  /** The captures that are replayed. */
  input: z.object({ name: z.literal('store'), source: z.string() }),
  environment: environmentSchema,
  job: z.object({ seed: count, seconds: count, rounds: count, kills: count, spans: count }),
  parts: list(z.object({ title: z.string(), figures: list(figureSchema) })),
})

export type Figure = z.infer<typeof figureSchema>
export type ServeBench = z.infer<typeof serveBenchSchema>
