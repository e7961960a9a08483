import { serviceOf } from '../model/service.ts'
import type { Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { TemplateTable } from '../patterns/template.ts'
import type { Facts } from './facts.ts'
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

/** By template how many traces have it, of those that most have. */
export async function topTemplates(facts: Facts, traces: AsyncIterable<Trace>, top: number): Promise<Values> {
  const weightOf = traceWeights(facts)
  const table = new TemplateTable()
  const counts: number[] = []
  for await (const trace of traces) {
    const template = table.of(trace)
    counts[template] = (counts[template] ?? 0) + weightOf(trace.traceId)
  }
  const ranked = counts.map((count, template) => ({ key: table.template(template).key, count }))
  ranked.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  return new Map(ranked.slice(0, top).map(({ key, count }) => [key, { value: count }]))
}

/** How many traces a trace represents: as many as its first span does spans. */
function traceWeights({ weights, traces, traceIds }: Facts): (traceId: string) => number {
  if (weights === undefined) return () => 1
  const known = new Map<string, number>()
  for (let row = traces.length - 1; row >= 0; row--) known.set(traceKey(traceIds[traces[row]!]!), weights[row]!)
  return traceId => known.get(traceKey(traceId)) ?? 1
}

/** A template is rare where no more than this share of traces has it, or only one trace. */
const rareShare = 0.001

/** The ids of traces whose template is rare. */
export function rareTraces(traces: readonly Trace[]): Set<string> {
  const table = new TemplateTable()
  const templates = traces.map(trace => table.of(trace))
  const counts = new Uint32Array(table.size)
  for (const template of templates) counts[template]!++
  const limit = Math.max(1, rareShare * traces.length)
  return new Set(traces.filter((_, i) => counts[templates[i]!]! <= limit).map(({ traceId }) => traceKey(traceId)))
}
