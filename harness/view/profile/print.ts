import { fixed, percent, whole } from '../../text/format.ts'
import { printTerminal, type TextTable } from '../../text/table.ts'
import type { Distinct } from './distinct.ts'
import type { Spread } from './histogram.ts'
import type { Profile } from './profile.ts'

const shownKeys = 24
const kindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** The profile as it is printed at the terminal. */
export function printProfile(profile: Profile): string {
  const { traceCount, spanCount, keys } = profile
  return [
    `${whole(traceCount)} traces, ${whole(spanCount)} spans`,
    printTerminal(spreadTable(profile)),
    printTerminal(countTable(profile)),
    `Keys by distinct values (${Math.min(shownKeys, keys.length)} of ${printDistinct(profile.keyCount)}):`,
    printTerminal(keyTable(profile)),
    'Bytes of the NDJSON by field:',
    printTerminal(byteTable(profile)),
  ].join('\n')
}

function spreadTable(profile: Profile): TextTable {
  const { shape } = profile
  const spreads: [string, Spread][] = [
    ['spans a trace', shape.spansPerTrace],
    ['depth of a trace', shape.depth],
    ['children of a parent', shape.fanOut],
    ['attributes a span', profile.attributesPerSpan],
    ["attributes of a span's resource", profile.attributesPerResource],
    ['events a span', profile.eventsPerSpan],
  ]
  return {
    headers: ['', 'mean', 'p50', 'p95', 'max'],
    aligns: ['left', 'right', 'right', 'right', 'right'],
    rows: spreads.map(([name, { mean, p50, p95, max }]) => [name, fixed(2)(mean), whole(p50), whole(p95), whole(max)]),
  }
}

function countTable(profile: Profile): TextTable {
  const { spanCount, shape, wholeStarts, kinds } = profile
  const ofSpans = (name: string, count: number) => [name, whole(count), percent(count / spanCount)]
  const rows = [
    ...[
      ['span names', profile.names] as const,
      ['services', profile.services] as const,
      ['resources', profile.resources] as const,
      ['scopes', profile.scopes] as const,
    ].map(([name, distinct]) => [`distinct ${name}`, printDistinct(distinct), '']),
    ...Object.entries(kinds).map(([kind, count]) => ofSpans(`kind ${kindNames[Number(kind)] ?? kind}`, count)),
    ofSpans('errors', profile.errorCount),
    ofSpans('events', profile.eventCount),
    ofSpans('links', profile.linkCount),
    ofSpans('roots', shape.rootCount),
    ofSpans('orphans', shape.orphanCount),
    ofSpans('span ids that stand twice', shape.duplicateIdCount),
    ['children outside their parent', whole(shape.outsideParentCount), ofChildren(profile)],
    ofSpans('starts on whole ms', wholeStarts.ms),
    ofSpans('starts on whole µs', wholeStarts.us),
    ofSpans('starts on 256 ns', wholeStarts.ns256),
  ]
  return { headers: ['', 'count', 'of spans'], aligns: ['left', 'right', 'right'], rows }
}

function ofChildren({ shape }: Profile): string {
  return shape.childCount === 0 ? '' : `${percent(shape.outsideParentCount / shape.childCount)} of children`
}

function keyTable({ keys }: Profile): TextTable {
  return {
    headers: ['of', 'key', 'type', 'values', 'distinct'],
    aligns: ['left', 'left', 'left', 'right', 'right'],
    rows: keys
      .slice(0, shownKeys)
      .map(({ owner, key, types, count, values }) => [
        owner,
        key,
        types.join(', '),
        whole(count),
        printDistinct(values),
      ]),
  }
}

function byteTable({ bytesByField, spanCount }: Profile): TextTable {
  const total = Object.values(bytesByField).reduce((sum, bytes) => sum + bytes, 0)
  return {
    headers: ['field', 'bytes', 'B/span', 'share'],
    aligns: ['left', 'right', 'right', 'right'],
    rows: [...Object.entries(bytesByField), ['all', total] as const].map(([field, bytes]) => [
      field,
      whole(bytes),
      fixed(1)(bytes / spanCount),
      percent(bytes / total),
    ]),
  }
}

function printDistinct({ count, isCapped }: Distinct): string {
  return `${isCapped ? '≥ ' : ''}${whole(count)}`
}
