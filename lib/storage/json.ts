import type { z } from 'zod'
import { LabError } from '../error.ts'

/** The JSON of an object of a store. */
export function parseJson(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new LabError('corrupt', `${key}: is not JSON`)
  }
}

/** A value of the shape that an object of a store must have; else the error names the first place that has not. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown, key: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new LabError('corrupt', `${key}: ${path.join('.')}: ${message}`)
}
