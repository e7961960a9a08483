import { z } from 'zod'
import { LabError } from '../../lib/error.ts'
import { clusterBenchSchema } from './cluster-bench-schema.ts'
import { lossCurveSchema } from './loss-curve-schema.ts'
import { queryBenchSchema } from './query-bench-schema.ts'
import { runSchema } from './run-schema.ts'
import { scaleSchema } from './scale-schema.ts'
import { serveBenchSchema } from './serve-bench-schema.ts'

/** The version that is written. Version 1, of before 2026-11-29, had runs of phases only, neither its kind nor the command. */
const version = 2

const schemas = {
  phases: runSchema,
  queries: queryBenchSchema,
  scale: scaleSchema,
  loss: lossCurveSchema,
  serve: serveBenchSchema,
  cluster: clusterBenchSchema,
} as const

/** Whatever a command measures and keeps in results/runs. */
export type Measurement = z.infer<(typeof schemas)[keyof typeof schemas]>
/** What is no run of phases. */
export type Bench = Exclude<Measurement, { kind: 'phases' }>

const headSchema = z.object({ version: z.number().default(1), kind: z.string().default('phases') })

/** The measurement with the version of its shape, as it is kept and printed. */
export function measurementJson(measurement: Measurement): object {
  return { version, ...measurement }
}

export function printMeasurement(measurement: Measurement): string {
  return `${JSON.stringify(measurementJson(measurement), null, 2)}\n`
}

/** A measurement of any version up to this one, checked. Fails with `unsupported` or `invalid`. */
export function parseMeasurement(text: string): Measurement {
  const value = parseJson(text)
  const head = checked(headSchema, value)
  if (head.version > version)
    throw new LabError('unsupported', `is of version ${head.version}, known are versions up to ${version}`)
  const kind = Object.keys(schemas).find(kind => kind === head.kind) as keyof typeof schemas | undefined
  if (kind === undefined)
    throw new LabError('unsupported', `kind ${head.kind}: known are ${Object.keys(schemas).join(', ')}`)
  return checked<Measurement>(schemas[kind], value)
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw new LabError('invalid', `is no run: /${path.join('/')}: ${message}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError('invalid', (cause as Error).message, { cause })
  }
}
