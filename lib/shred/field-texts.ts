import type { Span, Status } from '../model/trace.ts'

/** Small records that a file holds as texts. */

/** Of attributes, events and links. */
export type DroppedCounts = readonly [attributes: number, events: number, links: number]

export const noneDropped: DroppedCounts = [0, 0, 0]

export function droppedCountsOf(span: Span): DroppedCounts {
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  return droppedAttributesCount === 0 && droppedEventsCount === 0 && droppedLinksCount === 0
    ? noneDropped
    : [droppedAttributesCount, droppedEventsCount, droppedLinksCount]
}

/** Equal statuses, and only these, have equal keys. Nearly all have no message, so that nothing is printed. */
export function statusKey(status: Status | null): unknown {
  return status?.message === '' ? status.code : printStatus(status)
}

/** A status as the text of its column: empty for none. */
export function printStatus(status: Status | null): string {
  return status === null ? '' : `${status.code} ${status.message}`
}

export function parseStatus(text: string, fail: (message: string) => never): Status | null {
  if (text === '') return null
  const end = text.indexOf(' ')
  const code = Number(text.slice(0, Math.max(0, end)))
  if (end < 1 || code !== (code | 0)) fail(`span.status: code ${text.slice(0, 20)}`)
  return { code, message: text.slice(end + 1) }
}

/** Dropped counts as the text of their column: empty for three zeros. */
export function printDropped(counts: DroppedCounts): string {
  const [attributes, events, links] = counts
  return attributes === 0 && events === 0 && links === 0 ? '' : counts.join(' ')
}

export function parseDropped(text: string, fail: (message: string) => never): DroppedCounts {
  if (text === '') return noneDropped
  const counts = text.split(' ').map(Number)
  if (counts.length !== 3 || counts.some(count => count !== count >>> 0))
    fail(`span.dropped: counts ${text.slice(0, 40)}`)
  return counts as [number, number, number]
}
