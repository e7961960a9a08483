import type { Estimate } from '../../lib/model/question.ts'
import { startsOf } from '../../lib/tiers/contents.ts'
import type { TiersFile } from '../../lib/tiers/file.ts'
import { percent } from '../text/format.ts'
import { clean } from '../text/names.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { printNanos, printTime } from '../text/times.ts'

/** What each tier holds. */
export function tiersTable({ contents }: TiersFile): Table {
  const bytesOf = (name: string) => contents.sections.find(section => section.name === name)?.byteLength ?? null
  return tableOf(
    contents.tiers,
    [
      text('tier', ({ name }) => name, { keep: 2 }),
      text('up to', ({ age }) => age),
      number('traces', ({ traceCount }) => traceCount, undefined, { keep: 1 }),
      number('spans', ({ spanCount }) => spanCount),
      number('bytes', ({ name }) => bytesOf(name), undefined, { keep: 1 }),
      text('first start', facts => timeOf(startsOf(facts)?.first)),
      text('last start', facts => timeOf(startsOf(facts)?.last)),
    ],
    'tiers',
  )
}

function timeOf(nanos: bigint | undefined): string {
  return nanos === undefined ? '' : printTime(nanos)
}

type Values = ReadonlyMap<string, Estimate>

interface Measures {
  readonly spans: Values
  readonly errors?: Values
  readonly p50?: Values
  readonly p95?: Values
  readonly p99?: Values
}

/** By group what was counted and how long it took, the groups with most spans first. */
export function operationsTable(by: 'service' | 'operation' | 'edge', measures: Measures): Table {
  const groups = [...measures.spans].sort(([a, x], [b, y]) => y.value - x.value || (a < b ? -1 : 1)).map(([key]) => key)
  const [first, second] = by === 'edge' ? ['caller', 'service'] : ['service', 'operation']
  const measureOf = (name: keyof Measures) => (key: string) => measures[name]!.get(key)?.value ?? null
  const latency = (name: 'p50' | 'p95' | 'p99') =>
    number(name, measureOf(name), value => (value === null ? '' : printNanos(BigInt(Math.round(value)))))
  return tableOf(groups, [
    text(first!, key => clean(partsOf(key)[0]), { keep: 2 }),
    ...(by === 'service' ? [] : [text(second!, (key: string) => clean(partsOf(key)[1]), { keep: 2, maxWidth: 48 })]),
    number(by === 'edge' ? 'calls' : 'spans', measureOf('spans'), undefined, { keep: 1 }),
    ...(measures.errors ? [number('errors', measureOf('errors'), percent)] : []),
    ...(['p50', 'p95', 'p99'] as const).filter(name => measures[name]).map(latency),
  ])
}

/** A key of an answer is of two names with a NUL between, which may be in them too: what precedes the first is one. */
function partsOf(key: string): [string, string] {
  const end = key.indexOf('\0')
  return end < 0 ? [key, ''] : [key.slice(0, end), key.slice(end + 1)]
}
