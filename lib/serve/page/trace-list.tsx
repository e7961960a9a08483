import type { TraceFound } from './api.ts'
import { colourOf, duration, time } from './text.ts'

interface Props {
  traces: readonly TraceFound[]
  hrefOf(traceId: string): string
  /** Ids of the traces that are to be compared. */
  marked: readonly string[]
  onMark(traceId: string): void
}

/** The traces of an answer, newest first as they come. */
export function TraceList({ traces, hrefOf, marked, onMark }: Props) {
  if (traces.length === 0) return <p>No trace matches.</p>
  const longest = Math.max(...traces.map(({ durationMs = 0 }) => durationMs), 1)
  return (
    <table class="traces">
      <thead>
        <tr>
          <th scope="col">
            Mark <kbd>x</kbd>
          </th>
          <th scope="col">Start</th>
          <th scope="col">Trace</th>
          <th scope="col">Duration</th>
          <th scope="col">Matched</th>
          <th scope="col">Services</th>
        </tr>
      </thead>
      <tbody>
        {traces.map(trace => (
          <tr key={trace.traceID}>
            <td>
              <input
                type="checkbox"
                aria-label={`Mark ${trace.traceID} to compare it`}
                checked={marked.includes(trace.traceID)}
                onChange={() => onMark(trace.traceID)}
              />
            </td>
            <td class="time">{time(BigInt(trace.startTimeUnixNano))}</td>
            <td>
              <a href={hrefOf(trace.traceID)} class="row">
                <b>{trace.rootServiceName}</b> {trace.rootTraceName}
              </a>
            </td>
            <td class="number">
              <span class="bar" style={{ width: `${(100 * (trace.durationMs ?? 0)) / longest}%` }} />
              {duration((trace.durationMs ?? 0) * 1e6)}
            </td>
            <td class="number">{trace.spanSet.matched}</td>
            <td>
              {Object.entries(trace.serviceStats).map(([name, { spanCount, errorCount = 0 }]) => (
                <span
                  key={name}
                  class={errorCount > 0 ? 'service failed' : 'service'}
                  title={`${errorCount} of ${spanCount} spans failed`}
                >
                  <i style={{ background: colourOf(name) }} /> {name} {spanCount}
                  {errorCount > 0 ? ` (${errorCount} failed)` : ''}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
