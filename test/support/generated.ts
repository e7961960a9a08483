import { FloorMeter } from '../../generator/floor-meter.ts'
import { findWorkload } from '../../generator/workload.ts'
import type { Trace } from '../../lib/model/trace.ts'

const maxInputBytes = 4e6

/** So many traces of a workload (seed 7), or as many as 4 MB of input are: spans of agents are long. */
export function generatedTraces(name: string, traceCount: number): Trace[] {
  const workload = findWorkload(name)
  const traces: Trace[] = []
  let byteLength = 0
  for (const trace of workload.generate({ traceCount, seed: 7 }, new FloorMeter())) {
    traces.push(trace)
    byteLength += workload.inputByteLength(trace)
    if (byteLength > maxInputBytes) break
  }
  return traces
}
