import { hexOf } from './otlp-json.ts'
import { hrefOf, readPlace } from './place.ts'
import type { Row } from './span-tree.ts'
import { clipped, colourOf, duration, maxName } from './text.ts'
import { FoldMark } from './tree-list.tsx'
import type { TreeRow } from './tree-rows.ts'
import type { TreeState } from './tree-state.ts'

interface Props {
  row: Row
  tree: TreeState<TreeRow>
  /** The part of the trace that the bars are of, in ns since it begins. */
  from: number
  to: number
}

/** More marks than these do not fit beside each other. */
const maxMarks = 100

/** A span: what it is, and its bar on the time between `from` and `to`. */
export function SpanRow({ row, tree, from, to }: Props) {
  const { span, service, isFailed } = row
  const shareOf = (nanos: number) => (100 * (nanos - from)) / (to - from)
  const [left, right] = [shareOf(row.start), shareOf(row.start + Math.max(0, row.length))]
  const [start, end] = [Math.max(-1, Math.min(101, left)), Math.max(-1, Math.min(101, right))]
  return (
    <>
      <span class="name">
        <FoldMark row={row} tree={tree} />
        {isFailed && (
          <span class="mark" role="img" aria-label="failed">
            ✖
          </span>
        )}
        <i style={{ background: colourOf(service) }} /> <b>{service}</b> {clipped(span.name ?? '', maxName)}
        <LinkMark row={row} />
      </span>
      <span class="time">
        <span
          class={isFailed ? 'bar failed' : 'bar'}
          style={{ left: `${start}%`, width: `max(2px, ${end - start}%)`, backgroundColor: colourOf(service) }}
        />
        <EventMarks row={row} shareOf={shareOf} />
        <span
          class="length"
          style={start > 70 ? { right: `${100 - Math.min(100, start)}%` } : { left: `${Math.max(0, start)}%` }}
        >
          {right < 0 ? '‹ ' : ''}
          {duration(row.length)}
          {left > 100 ? ' ›' : ''}
        </span>
      </span>
    </>
  )
}

/** Where the events of a span are, one for each place that can be told apart. */
function EventMarks({ row, shareOf }: { row: Row; shareOf(nanos: number): number }) {
  const { events = [], startTimeUnixNano } = row.span
  const places = new Map<string, string>()
  for (const { timeUnixNano = '0', name } of events) {
    const since = Number(BigInt(timeUnixNano) - BigInt(startTimeUnixNano))
    const share = shareOf(row.start + since)
    const isSeen = share >= 0 && share <= 100 && places.size < maxMarks
    if (isSeen) places.set(share.toFixed(1), `${clipped(name ?? '', maxName)} after ${duration(since)}`)
  }
  return [...places].map(([share, title]) => (
    <span key={share} class="event" title={title} style={{ left: `${share}%` }} />
  ))
}

/** Leads to the first trace that a span links to. */
function LinkMark({ row }: { row: Row }) {
  const { links = [] } = row.span
  const [first] = links
  if (first === undefined) return null
  return (
    <a
      class="link"
      tabIndex={-1}
      href={hrefOf({ ...readPlace(), view: 'trace', trace: hexOf(first.traceId), span: hexOf(first.spanId) })}
      title={`Link to trace ${hexOf(first.traceId)}`}
      onClick={event => event.stopPropagation()}
    >
      ↗{links.length > 1 ? ` ${links.length}` : ''}
    </a>
  )
}
