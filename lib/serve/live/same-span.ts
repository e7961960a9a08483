import type { Growing } from '../../bytes/growing.ts'
import { eventField, eventWidth, linkField, linkWidth, type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'

/** Numbers of a span; what else is compared are codes. */
const numbers = (
  ['parentHigh', 'parentLow', 'idLengths', 'kind', 'flags', 'startHigh', 'startLow', 'endHigh', 'endLow'] as const
).map(name => spanField[name])
const codes = (['name', 'traceState', 'status', 'dropped', 'resource', 'scope'] as const).map(name => spanField[name])
const counts = (['attributeCount', 'eventCount', 'linkCount'] as const).map(name => spanField[name])
const eventFields = (['timeHigh', 'timeLow', 'name', 'dropped', 'attributeCount'] as const).map(
  name => eventField[name],
)
const linkFields = (['traceState', 'flags', 'dropped', 'attributeCount'] as const).map(name => linkField[name])

type Numbers = Growing<Uint32Array>

/**
 * Whether two rows with the same ids are equal spans; undefined where only their codes differ: long texts, and resources
 * of different requests, are not looked for, so that equal ones may have several.
 */
export function isSameSpan(rows: SpanRows, row: number, other: number): boolean | undefined {
  const { spans } = rows
  const [a, b] = [row * spanWidth, other * spanWidth]
  if (!haveSame(spans, a, b, numbers) || !haveSame(spans, a, b, counts)) return false
  const isSame = haveSame(spans, a, b, codes) && haveSameLists(rows, a, b)
  return isSame ? true : undefined
}

function haveSame(list: Numbers, a: number, b: number, fields: readonly number[]): boolean {
  for (const field of fields) if (list.at(a + field) !== list.at(b + field)) return false
  return true
}

/** Whether the attributes, events and links are the same, of which there are equally many. */
function haveSameLists(rows: SpanRows, a: number, b: number): boolean {
  const { spans, events, links, linkIds } = rows
  const rangesOf = (first: number, count: number) =>
    [spans.at(a + first), spans.at(b + first), spans.at(a + count)] as const
  if (!areSameAttributes(rows, ...rangesOf(spanField.attributes, spanField.attributeCount))) return false
  const [eventA, eventB, eventCount] = rangesOf(spanField.events, spanField.eventCount)
  for (let i = 0; i < eventCount; i++) {
    const [x, y] = [(eventA + i) * eventWidth, (eventB + i) * eventWidth]
    if (!haveSame(events, x, y, eventFields)) return false
    const { attributes, attributeCount } = eventField
    if (!areSameAttributes(rows, events.at(x + attributes), events.at(y + attributes), events.at(x + attributeCount)))
      return false
  }
  const [linkA, linkB, linkCount] = rangesOf(spanField.links, spanField.linkCount)
  for (let i = 0; i < linkCount; i++) {
    const [x, y] = [linkA + i, linkB + i]
    if (linkIds[2 * x] !== linkIds[2 * y] || linkIds[2 * x + 1] !== linkIds[2 * y + 1]) return false
    if (!haveSame(links, x * linkWidth, y * linkWidth, linkFields)) return false
    const [first, second] = [x, y].map(link => links.at(link * linkWidth + linkField.attributes)) as [number, number]
    if (!areSameAttributes(rows, first, second, links.at(x * linkWidth + linkField.attributeCount))) return false
  }
  return true
}

function areSameAttributes({ attributes }: SpanRows, a: number, b: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (attributes.at(a + i) !== attributes.at(b + i)) return false
  return true
}
