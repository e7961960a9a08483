import { createHash } from 'node:crypto'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { findWorkload } from '../../generator/workload.ts'
import { getOrInsert } from '../../lib/maps.ts'
import type { Span, Trace, Value } from '../../lib/model/trace.ts'

const maxInputBytes = 4e6

const generated = new Map<string, readonly Trace[]>()

/** So many traces of a workload (seed 7), or as many as 4 MB of input are: spans of agents are long. Drawn once. */
export function generatedTraces(name: string, traceCount: number): readonly Trace[] {
  return getOrInsert(generated, `${name} ${traceCount}`, () => drawTraces(name, traceCount))
}

function drawTraces(name: string, traceCount: number): Trace[] {
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

/** A digest of all that some traces hold. */
export function digestOf(traces: readonly Trace[]): string {
  const hash = createHash('sha256')
  const printed = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  for (const trace of traces) hash.update(JSON.stringify(trace, printed))
  return hash.digest('hex')
}

export function attributeOf(span: Span, key: string): Value | undefined {
  return span.attributes.find(attribute => attribute.key === key)?.value
}
