import { getOrInsert } from '../maps.ts'
import type { Limits } from '../model/limits.ts'
import type { TimeRange } from '../model/question.ts'
import type { SpanSource } from '../model/scan.ts'
import { Summary } from '../rollup/summary.ts'
import { type Calls, noCaller, scanCalls } from './calls.ts'

/** Calls of a service: spans whose parent is of another service, or that have none in their trace. */
export interface CallStats {
  readonly count: number
  readonly errorShare: number
  /** Of the called service's spans, off by at most 0.55 %. */
  readonly p50Nanos: number
  readonly p95Nanos: number
}

/** A service and all calls of it. */
export interface ServiceNode extends Partial<CallStats> {
  readonly service: string
  /** How many of the calls nothing in their trace has made. */
  readonly entryCount: number
}

export interface ServiceCall extends CallStats {
  readonly caller: string
  readonly service: string
}

export interface ServiceGraph {
  /** In the order of their names; one that only calls has no stats. */
  readonly services: readonly ServiceNode[]
  /** The commonest first. */
  readonly calls: readonly ServiceCall[]
  readonly inspectedSpans: number
}

/** Which services call which in a range of time: spans count by their starts, as often as each represents one. */
export async function serviceGraph(source: SpanSource, range: TimeRange, limits: Limits = {}): Promise<ServiceGraph> {
  const graph = new GraphSums()
  for await (const calls of scanCalls(source, range, limits)) graph.add(calls)
  return graph.finish()
}

class GraphSums {
  readonly #numbers = new Map<string, number>()
  readonly #services = new Summary()
  readonly #calls = new Summary()
  readonly #entries = new Summary()
  #spanCount = 0

  add({ spanCount, services, callers, callees, failed, buckets, counts }: Calls): void {
    this.#spanCount += spanCount
    const numbers = services.map(service => getOrInsert(this.#numbers, service, () => this.#numbers.size))
    for (let row = 0; row < callees.length; row++) {
      const service = `${numbers[callees[row]!]}`
      const [isFailed, bucket, count] = [failed[row] === 1, buckets[row]!, counts[row]!]
      this.#services.add(service, isFailed, bucket, count)
      if (callers[row] === noCaller) this.#entries.add(service, isFailed, bucket, count)
      else this.#calls.add(`${numbers[callers[row]!]} ${service}`, isFailed, bucket, count)
    }
  }

  finish(): ServiceGraph {
    const names = [...this.#numbers.keys()]
    const entries = this.#entries.spanCounts()
    const own = statsOf(this.#services)
    const services = names.map((service, number): ServiceNode => {
      return { service, entryCount: entries.get(`${number}`)?.value ?? 0, ...own.get(`${number}`) }
    })
    const calls = Array.from(statsOf(this.#calls), ([pair, stats]): ServiceCall => {
      const [caller, service] = pair.split(' ').map(number => names[Number(number)]!) as [string, string]
      return { caller, service, ...stats }
    })
    services.sort((a, b) => compare(a.service, b.service))
    calls.sort((a, b) => b.count - a.count || compare(a.caller, b.caller) || compare(a.service, b.service))
    return { services, calls, inspectedSpans: this.#spanCount }
  }
}

function statsOf(summary: Summary): Map<string, CallStats> {
  const [shares, p50, p95] = [summary.errorShares(), summary.durations(0.5), summary.durations(0.95)]
  const stats = ([name, { value }]: [string, { value: number }]): [string, CallStats] => [
    name,
    {
      count: value,
      errorShare: shares.get(name)!.value,
      p50Nanos: p50.get(name)!.value,
      p95Nanos: p95.get(name)!.value,
    },
  ]
  return new Map([...summary.spanCounts()].map(stats))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
