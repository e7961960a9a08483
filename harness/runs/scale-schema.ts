import { z } from 'zod'
import { amount, benchInputSchema, count, environmentSchema, list } from './run-schema.ts'

/** What a phase takes for each span of a part of the input. */
const scaleCostSchema = z.object({ bytesPerSpan: amount, encodeMicros: amount, decodeMicros: amount })

const scaleRowSchema = z.object({
  name: z.string(),
  /** By step; null where it was not earned. */
  costs: list(scaleCostSchema.nullable()),
  /** Why the first of these was not. */
  problem: z.string().nullable(),
})

/** What each phase takes per span on the first so many traces. */
export const scaleSchema = z.object({
  kind: z.literal('scale'),
  input: benchInputSchema,
  environment: environmentSchema,
  steps: list(z.object({ traceCount: count, spanCount: count })),
  rows: list(scaleRowSchema),
})

export type ScaleCost = z.infer<typeof scaleCostSchema>
export type ScaleRow = z.infer<typeof scaleRowSchema>
export type Scale = z.infer<typeof scaleSchema>
