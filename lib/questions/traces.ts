import { serviceOf } from '../model/service.ts'
import type { Trace } from '../model/trace.ts'
import type { Values } from './values.ts'

/** By operation how many spans the traces have. */
export async function operationCounts(traces: AsyncIterable<Trace>): Promise<Values> {
  const counts = new Map<string, number>()
  for await (const { spans } of traces)
    for (const { name, resource } of spans) {
      const operation = `${serviceOf(resource)}\0${name}`
      counts.set(operation, (counts.get(operation) ?? 0) + 1)
    }
  return new Map([...counts].map(([operation, value]) => [operation, { value }]))
}
