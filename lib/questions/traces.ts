import { getOrInsert } from '../maps.ts'
import type { Estimate } from '../model/question.ts'
import { serviceOf } from '../model/service.ts'
import type { Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { TemplateTable } from '../patterns/template.ts'
import type { Facts } from './facts.ts'
import type { Values } from './values.ts'
import { isWeighted, largestWeight, type WeightedFacts, weightedTraces } from './weighted.ts'

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
  const table = new TemplateTable()
  const weightOf = isWeighted(facts) ? traceWeights(facts) : () => 1
  const weights = new Map<number, number[]>()
  for await (const trace of traces) getOrInsert(weights, table.of(trace), () => []).push(weightOf(trace.traceId))
  const unseenWeight = isWeighted(facts) ? largestWeight(facts) : undefined
  const ranked = Array.from(weights, ([template, own]): [string, Estimate] => [
    table.template(template).key,
    unseenWeight === undefined ? { value: own.length } : weightedTraces(own, unseenWeight),
  ])
  ranked.sort(([a, { value }], [b, other]) => other.value - value || (a < b ? -1 : 1))
  return new Map(ranked.slice(0, top))
}

/** How many traces a trace represents: as many as its first span does spans. */
function traceWeights({ weights, traces, traceIds }: WeightedFacts): (traceId: string) => number {
  const known = new Map<string, number>()
  for (let row = traces.length - 1; row >= 0; row--) known.set(traceKey(traceIds[traces[row]!]!), weights[row]!)
  return traceId => known.get(traceKey(traceId)) ?? 1
}
