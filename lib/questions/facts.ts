import { growingCodes, growingNumbers } from '../bytes/growing.ts'
import type { Limits } from '../model/limits.ts'
import { ownersOf } from '../model/owners.ts'
import type { TimeRange } from '../model/question.ts'
import type { ColumnName, SpanBatch, SpanSource } from '../model/scan.ts'
import { overOneBase } from '../traceql/engine/numbers.ts'
import { scanBatches } from '../traceql/engine/scan.ts'
import { textColumn } from '../traceql/engine/texts.ts'
import { startsIn } from '../traceql/engine/time-extent.ts'

/** In a list of numbers of groups: of none. */
export const noGroup = 0xffffffff

/** The group of each span, and the groups' names. */
export interface Groups {
  readonly codes: Uint32Array
  readonly names: readonly string[]
}

/** What all questions about values are answered from: of each span that starts in the range a row in each list. */
export interface Facts {
  /** How many spans a span represents; undefined where each represents itself. */
  readonly weights: Float64Array | undefined
  /** By span the number of its trace: those of one trace are neighbours. */
  readonly traces: Uint32Array
  readonly traceIds: readonly string[]
  readonly services: Groups
  /** Service and span name with a NUL between. */
  readonly operations: Groups
  /** Service of the parent and own service with a NUL between; of no group without a parent of another service. */
  readonly edges: Groups
  /** 1 for a span with status error. */
  readonly errors: Uint32Array
  /** In ns. */
  readonly durations: Float64Array
}

const columns: readonly ColumnName[] = [
  ...(['trace:id', 'resource.service.name', 'span:name', 'span:status'] as const),
  ...(['span:duration', 'span:parent'] as const),
]
const errorStatus = 2

/** Reads the facts of all spans that start in the range, in one pass over the source. */
export async function gatherFacts(source: SpanSource, range?: TimeRange, limits: Limits = {}): Promise<Facts> {
  const gathering = new Gathering()
  const read: readonly ColumnName[] = range === undefined ? columns : [...columns, 'span:start']
  for await (const batch of scanBatches(source, { needs: [], columns: read, ...range }, limits))
    await gathering.add(batch, read, range)
  return gathering.finish()
}

class Gathering {
  readonly #services = new GroupTable()
  readonly #operations = new GroupTable()
  readonly #edges = new GroupTable()
  readonly #traceIds: string[] = []
  readonly #traces = growingCodes()
  readonly #errors = growingCodes()
  readonly #durations = growingNumbers()
  readonly #weights = growingNumbers()

  async add(batch: SpanBatch, read: readonly ColumnName[], range: TimeRange | undefined): Promise<void> {
    const set = await batch.read(read)
    const rowCount = batch.spanCount
    const isIn = range === undefined ? undefined : startsIn(set.get('span:start'), rowCount, range)
    const traceOf = ownersOf(set.traceStarts)
    const traceIdOf = textColumn(set.get('trace:id'))
    const serviceOf = textColumn(set.get('resource.service.name'))
    const nameOf = textColumn(set.get('span:name'))
    const [statusOf, durationOf, parentOf] = (['span:status', 'span:duration', 'span:parent'] as const).map(name => {
      const { base, numbers } = overOneBase(set.get(name), rowCount)
      return (row: number) => Number(base) + numbers[row]!
    }) as [NumberOf, NumberOf, NumberOf]
    let last = -1
    for (let row = 0; row < rowCount; row++) {
      if (isIn?.[row] === 0) continue
      const trace = traceOf[row]!
      if (trace !== last) this.#traceIds.push(traceIdOf(trace) ?? '')
      last = trace
      const service = serviceOf(row) ?? ''
      const parent = parentOf(row)
      const caller = parent < 0 ? service : (serviceOf(parent) ?? '')
      this.#traces.push(this.#traceIds.length - 1)
      this.#services.push(service)
      this.#operations.push(`${service}\0${nameOf(row) ?? ''}`)
      this.#edges.push(caller === service ? undefined : `${caller}\0${service}`)
      this.#errors.push(statusOf(row) === errorStatus ? 1 : 0)
      this.#durations.push(durationOf(row))
      this.#weights.push(batch.weights?.[row] ?? 1)
    }
  }

  finish(): Facts {
    const weights = this.#weights.view()
    return {
      weights: weights.some(weight => weight !== 1) ? weights : undefined,
      traces: this.#traces.view(),
      traceIds: this.#traceIds,
      services: this.#services.finish(),
      operations: this.#operations.finish(),
      edges: this.#edges.finish(),
      errors: this.#errors.view(),
      durations: this.#durations.view(),
    }
  }
}

type NumberOf = (row: number) => number

/** Numbers the groups of spans in the order in which they are met. */
class GroupTable {
  readonly #numbers = new Map<string, number>()
  readonly #codes = growingCodes()

  /** Undefined: of no group. */
  push(name: string | undefined): void {
    if (name === undefined) return this.#codes.push(noGroup)
    const known = this.#numbers.get(name)
    if (known === undefined) this.#numbers.set(name, this.#numbers.size)
    this.#codes.push(known ?? this.#numbers.size - 1)
  }

  finish(): Groups {
    return { codes: this.#codes.view(), names: [...this.#numbers.keys()] }
  }
}
