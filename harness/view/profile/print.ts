import { fixed, percent, whole } from '../../text/format.ts'
import { kindName } from '../../text/names.ts'
import type { Page } from '../../text/page.ts'
import { number, type Table, tableOf, text, type Worded } from '../../text/table.ts'
import type { Distinct } from './distinct.ts'
import type { Spread } from './histogram.ts'
import type { Profile } from './profile.ts'

const shownKeys = 24

/** The profile as it is printed at the terminal. */
export function profilePage(profile: Profile): Page {
  const { traceCount, spanCount, keys } = profile
  return [
    `${whole(traceCount)} traces, ${whole(spanCount)} spans`,
    spreadTable(profile),
    countTable(profile),
    `Keys by distinct values (${Math.min(shownKeys, keys.length)} of ${printDistinct(profile.keyCount)}):`,
    keyTable(profile),
    'Bytes of the NDJSON by field:',
    byteTable(profile),
  ]
}

function spreadTable(profile: Profile): Table {
  const { shape } = profile
  const spreads: [string, Spread][] = [
    ['spans a trace', shape.spansPerTrace],
    ['depth of a trace', shape.depth],
    ['children of a parent', shape.fanOut],
    ['attributes a span', profile.attributesPerSpan],
    ["attributes of a span's resource", profile.attributesPerResource],
    ['events a span', profile.eventsPerSpan],
  ]
  return tableOf(spreads, [
    text('number of', ([name]) => name),
    number('mean', ([, { mean }]) => mean, fixed(2)),
    number('p50', ([, { p50 }]) => p50),
    number('p95', ([, { p95 }]) => p95),
    number('max', ([, { max }]) => max),
  ])
}

function countTable(profile: Profile): Table {
  const { spanCount, shape, wholeStarts, kinds } = profile
  const ofSpans = (name: string, count: number): Count => ({ name, count, share: count / spanCount })
  const distinct = (name: string, found: Distinct): Count => ({ name: `distinct ${name}`, count: distinctOf(found) })
  const outside = shape.outsideParentCount
  const counts = [
    distinct('span names', profile.names),
    distinct('services', profile.services),
    distinct('resources', profile.resources),
    distinct('scopes', profile.scopes),
    ...Object.entries(kinds).map(([kind, count]) => ofSpans(`kind ${kindName(Number(kind))}`, count)),
    ofSpans('errors', profile.errorCount),
    ofSpans('events', profile.eventCount),
    ofSpans('links', profile.linkCount),
    ofSpans('roots', shape.rootCount),
    ofSpans('orphans', shape.orphanCount),
    ofSpans('span ids that stand twice', shape.duplicateIdCount),
    { name: 'children outside their parent', count: outside, share: outside / shape.childCount, of: ' of children' },
    ofSpans('starts on whole ms', wholeStarts.ms),
    ofSpans('starts on whole µs', wholeStarts.us),
    ofSpans('starts on 256 ns', wholeStarts.ns256),
  ]
  return tableOf(counts, [
    text('what', ({ name }) => name),
    number('count', ({ count }) => count),
    number('of spans', ({ share = Number.NaN, of = '' }) =>
      share >= 0 ? { value: share, words: percent(share) + of } : '',
    ),
  ])
}

interface Count {
  name: string
  count: number | Worded
  share?: number
  /** What the share is of, where not of all spans. */
  of?: string
}

function keyTable({ keys }: Profile): Table {
  return tableOf(keys.slice(0, shownKeys), [
    text('of', ({ owner }) => owner),
    text('key', ({ key }) => key, { keep: 2 }),
    text('type', ({ types }) => types.join(', ')),
    number('values', ({ count }) => count),
    number('distinct', ({ values }) => distinctOf(values), undefined, { keep: 1 }),
  ])
}

function byteTable({ bytesByField, spanCount }: Profile): Table {
  const total = Object.values(bytesByField).reduce((sum, bytes) => sum + bytes, 0)
  return tableOf(
    [...Object.entries(bytesByField), ['all', total] as const],
    [
      text('field', ([field]) => field),
      number('bytes', ([, bytes]) => bytes),
      number('B/span', ([, bytes]) => bytes / spanCount, fixed(1)),
      number('share', ([, bytes]) => bytes / total, percent),
    ],
  )
}

function distinctOf(distinct: Distinct): Worded {
  return { value: distinct.count, words: printDistinct(distinct) }
}

function printDistinct({ count, isCapped }: Distinct): string {
  return `${isCapped ? '≥ ' : ''}${whole(count)}`
}
