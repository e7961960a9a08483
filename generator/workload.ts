import { LabError } from '../lib/error.ts'
import { squeezedByteLength } from '../lib/formats/squeezed/print.ts'
import type { Trace } from '../lib/model/trace.ts'
import { generateAgent } from './agent/agent.ts'
import { generateClassic } from './classic.ts'
import type { FloorMeter } from './floor-meter.ts'
import { type FaultLabel, type WorkloadName, workloadFaults } from './names.ts'
import { generateOtel } from './otel/otel.ts'
import { otlpByteLength } from './otlp-input.ts'

interface WorkloadOptions {
  readonly traceCount: number
  /** An integer from 0 to 2^53 - 1. */
  readonly seed: number
  /** Of the workload's faults. */
  readonly faults?: readonly string[]
  /** Is told the truth about the faults when all traces have been taken. */
  readonly onFaults?: (labels: FaultLabel[]) => void
}

/** One kind of generated data. */
export interface Workload {
  /** What `--workload` calls it. */
  readonly name: WorkloadName
  readonly title: string
  /** The traces, one by one; `floor` has the sum of all draws when they have all been taken. */
  generate(options: WorkloadOptions, floor: FloorMeter): Iterable<Trace>
  /** What can go wrong in it on purpose. */
  readonly faults: readonly string[]
  /** The bytes of a trace in the form that counts as the run's input. */
  inputByteLength(trace: Trace): number
}

export const workloads: readonly Workload[] = [
  {
    name: 'otel',
    title: 'a shop of microservices in OpenTelemetry’s terms, realistic in shape, times and values',
    generate: generateOtel,
    faults: workloadFaults.otel,
    inputByteLength: otlpByteLength,
  },
  {
    name: 'classic',
    title: 'what the published table was measured on, seeded',
    generate: generateClassic,
    faults: workloadFaults.classic,
    inputByteLength: squeezedByteLength,
  },
  {
    name: 'agent',
    title: 'conversations with LLM agents that call tools, each call of a model with all that was said before',
    generate: generateAgent,
    faults: workloadFaults.agent,
    inputByteLength: otlpByteLength,
  },
]

/** The workload of that name; throws `missing`. */
export function findWorkload(name: string): Workload {
  const found = workloads.find(workload => workload.name === name)
  if (found !== undefined) return found
  const names = workloads.map(workload => workload.name).join(', ')
  throw new LabError('missing', `workload ${JSON.stringify(name)}: there is ${names}`)
}
