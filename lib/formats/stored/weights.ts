import { getOrInsert } from '../../maps.ts'
import { type Span, type Trace, type Value, type ValueType, valueType } from '../../model/trace.ts'
import { printAnyValue } from '../../wire/otlp-json/value.ts'
import { visitValues } from './span-values.ts'

/** The values of one name and type. */
export interface Values {
  /** `span:name`, `span.http.method`. */
  readonly name: string
  readonly type: ValueType
}

/** What values weigh, by group of spans. */
export interface Weighed extends Values {
  /** How many there are. */
  readonly counts: number[]
  /** Bytes of those that are distinct, each shared evenly by where it occurs. */
  readonly lengths: number[]
}

/** Where the values of a name and type occur. */
interface Occurrences extends Values {
  readonly values: (string | number | bigint | boolean | null)[]
  readonly groups: number[]
}

/** What the values of some traces weigh; `groupOf` gives the number of the group that a span is in. */
export function weigh(traces: readonly Trace[], groupOf: (span: Span) => number): Weighed[] {
  const found = new Map<string, Occurrences>()
  for (const { traceId, spans } of traces)
    for (const span of spans) {
      const group = groupOf(span)
      visitValues(traceId, span, (name, value) => {
        const type = valueType(value)
        const own = getOrInsert(found, `${type} ${name}`, () => ({ name, type, values: [], groups: [] }))
        own.values.push(typeof value === 'object' && value !== null ? printed(value) : value)
        own.groups.push(group)
      })
    }
  return [...found.values()].map(weighOne)
}

function weighOne({ name, type, values, groups }: Occurrences): Weighed {
  const occurring = new Map<Occurrences['values'][number], number>()
  for (const value of values) occurring.set(value, (occurring.get(value) ?? 0) + 1)
  const shares = new Map([...occurring].map(([value, count]) => [value, lengthOf(value) / count]))
  const [counts, lengths]: [number[], number[]] = [[], []]
  for (const [i, value] of values.entries()) {
    const group = groups[i]!
    counts[group] = (counts[group] ?? 0) + 1
    lengths[group] = (lengths[group] ?? 0) + shares.get(value)!
  }
  return { name, type, counts, lengths }
}

function printed(value: Exclude<Value, string | number | bigint | boolean | null>): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : printAnyValue(value)
}

function lengthOf(value: Occurrences['values'][number]): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value === null) return 0
  return typeof value === 'boolean' ? 1 : 8
}
