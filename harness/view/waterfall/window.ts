import type { Span } from '../../../lib/model/trace.ts'

/** The time that bars are drawn in, ns since the epoch. */
export interface Window {
  readonly start: bigint
  readonly end: bigint
}

/** Spans farther than so many times the middle half of all are left out of the window. */
const fence = 20n

/**
 * The time that a trace takes, without spans whose clock is far off: with them, all other bars would be one cell. Far
 * off is what lies beyond the middle half of the spans by twenty times its length.
 */
export function windowOf(spans: readonly Span[]): Window {
  const starts = sorted(spans.map(({ startNanos }) => startNanos))
  const ends = sorted(spans.map(endOf))
  const [low, high] = [starts[starts.length >> 2]!, ends[Math.ceil((ends.length * 3) / 4) - 1]!]
  const reach = (high - low) * fence
  const isNear = (time: bigint) => reach <= 0n || (time >= low - reach && time <= high + reach)
  const near = spans.filter(span => isNear(span.startNanos) && isNear(endOf(span)))
  const kept = near.length > 0 ? near : spans
  let [start, end] = [kept[0]!.startNanos, endOf(kept[0]!)]
  for (const span of kept) {
    if (span.startNanos < start) start = span.startNanos
    if (endOf(span) > end) end = endOf(span)
  }
  return { start, end }
}

/** The end of a span; its start where it ends before that. */
export function endOf({ startNanos, endNanos }: Span): bigint {
  return endNanos > startNanos ? endNanos : startNanos
}

/** The bar of a span in `width` cells, at least one; an arrow where it begins or ends beyond the window. */
export function drawBar(span: Span, { start, end }: Window, width: number): string {
  const total = end - start
  const cellOf = (time: bigint) => (total === 0n ? 0 : Number(((time - start) * BigInt(width * 1000)) / total) / 1000)
  const [from, to] = [cellOf(span.startNanos), cellOf(endOf(span))]
  const first = Math.min(width - 1, Math.max(0, Math.floor(from)))
  const last = Math.max(first, Math.min(width - 1, Math.ceil(to) - 1))
  const cells = Array.from({ length: last - first + 1 }, () => '█')
  if (from < 0) cells[0] = '◂'
  if (to > width) cells[cells.length - 1] = '▸'
  return `${' '.repeat(first)}${cells.join('')}`.padEnd(width)
}

function sorted(times: bigint[]): bigint[] {
  return times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
