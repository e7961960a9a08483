import type { Trace } from '../model/trace.ts'
import { TemplateTable } from '../patterns/template.ts'

/** What is held before it is given: in a stream far out of order a template has more exemplars in a minute. */
const maxOpen = 4_096
const maxSpans = 1 << 16

const minuteNanos = 60_000_000_000n

/**
 * Of each template and minute in which traces begin the first trace; `counts` is told by exemplar how many traces it
 * represents.
 */
export async function* exemplarsOf(
  batches: AsyncIterable<readonly Trace[]>,
  counts: number[],
): AsyncIterable<readonly Trace[]> {
  const table = new TemplateTable()
  const open = new Map<string, { readonly trace: Trace; count: number }>()
  let spanCount = 0
  for await (const batch of batches)
    for (const trace of batch) {
      const key = `${table.of(trace)} ${minuteOf(trace)}`
      const held = open.get(key)
      if (held !== undefined) {
        held.count++
        continue
      }
      if (open.size >= maxOpen || spanCount >= maxSpans) {
        yield take(open, counts)
        spanCount = 0
      }
      open.set(key, { trace, count: 1 })
      spanCount += trace.spans.length
    }
  yield take(open, counts)
}

function take(open: Map<string, { readonly trace: Trace; readonly count: number }>, counts: number[]): Trace[] {
  const exemplars = [...open.values()]
  open.clear()
  for (const { count } of exemplars) counts.push(count)
  return exemplars.map(({ trace }) => trace)
}

function minuteOf({ spans }: Trace): bigint {
  let first = spans[0]!.startNanos
  for (const { startNanos } of spans) if (startNanos < first) first = startNanos
  return first / minuteNanos
}
