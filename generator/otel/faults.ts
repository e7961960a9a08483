import { type Service, services } from './fleet.ts'

/** What can go wrong on purpose: where, in which part of the run, and which traces it marks. */
const plans = {
  'slow-dependency': {
    service: 'bank-api',
    from: 0.15,
    to: 0.25,
    effect: 'answers take eight times as long, so many run into the time-out and are tried again',
    marks: 'traces that call it',
  },
  'error-burst': {
    service: services.inventory.name,
    from: 0.35,
    to: 0.45,
    effect: 'two of five calls fail with INTERNAL',
    marks: 'traces with a call that failed so',
  },
  'bad-version': {
    service: services.order.name,
    from: 0.55,
    to: 0.7,
    effect: `half of the pods run ${services.order.nextVersion}, where one call in four ends in a null pointer`,
    marks: 'traces that a pod of that version serves',
  },
  'cold-cache': {
    service: 'redis-cache',
    from: 0.8,
    to: 0.9,
    effect: 'the cache is empty: 3 % of the reads hit',
    marks: 'traces that read it',
  },
} as const

export type FaultName = keyof typeof plans

/** The faults that the workload knows. */
export const faultNames: readonly string[] = Object.keys(plans)

/** The truth about one fault. Times are nanoseconds since the epoch, as text. */
export interface FaultLabel {
  name: string
  service: string
  effect: string
  marks: string
  startNanos: string
  /** The start of the first trace after it; of the last trace where it lasts to the end. */
  endNanos: string
  traceIds: string[]
}

/** Which faults are on as the traces go by, and what they mark. */
export class Faults {
  readonly #traceCount: number
  readonly #labels = new Map<FaultName, FaultLabel>()
  readonly #active = new Set<FaultName>()

  constructor(names: readonly string[], traceCount: number) {
    this.#traceCount = traceCount
    for (const name of Object.keys(plans) as FaultName[]) {
      const { service, effect, marks } = plans[name]
      if (names.includes(name))
        this.#labels.set(name, { name, service, effect, marks, startNanos: '', endNanos: '', traceIds: [] })
    }
  }

  /** Turns faults on and off for the trace of that index. */
  advance(index: number, startNanos: bigint): void {
    for (const [name, label] of this.#labels) {
      const { from, to } = plans[name]
      const isOn = index >= Math.floor(from * this.#traceCount) && index < Math.floor(to * this.#traceCount)
      if (isOn && label.startNanos === '') label.startNanos = String(startNanos)
      if (isOn || this.#active.has(name)) label.endNanos = String(startNanos)
      if (isOn) this.#active.add(name)
      else this.#active.delete(name)
    }
  }

  isOn(name: FaultName): boolean {
    return this.#active.has(name)
  }

  /** Half of the pods of a service are of the next version. */
  rollsOut(service: Service): boolean {
    return service === services.order && this.isOn('bad-version')
  }

  mark(name: FaultName, traceId: string): void {
    const { traceIds } = this.#labels.get(name)!
    if (traceIds.at(-1) !== traceId) traceIds.push(traceId)
  }

  labels(): FaultLabel[] {
    return [...this.#labels.values()]
  }
}
