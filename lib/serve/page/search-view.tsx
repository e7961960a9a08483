import { useEffect, useState } from 'preact/hooks'
import { type Found, get, isMetrics, type SeriesFound } from './api.ts'
import { Choice } from './choice.tsx'
import { HowToSend } from './how-to-send.tsx'
import { hrefOf, markedIn, type Place, readPlace, toggledMark } from './place.ts'
import { usePolled } from './polled.ts'
import { Problem } from './problem.tsx'
import { QueryBox, useQueryText } from './query-box.tsx'
import { QueryBuilder } from './query-builder.tsx'
import { SeriesView } from './series-view.tsx'
import { getStatus } from './status-api.ts'
import { bytes, plural } from './text.ts'
import { TimeChoice } from './time-choice.tsx'
import { rangeOf } from './time-range.ts'
import { TraceList } from './trace-list.tsx'

type Answer = { traces: Found } | { series: SeriesFound }

interface State {
  answer?: Answer
  problem?: string
  millis?: number
}

const limits = ['20', '100', '1000']

interface Props {
  place: Place
  go(place: Partial<Place>): void
}

/** A question and its answer. */
export function SearchView({ place, go }: Props) {
  const [state, setState] = useState<State>({})
  const [turn, setTurn] = useState(0)
  const { query, last, from, to, limit, tenant } = place
  const [text, setText] = useQueryText(query)
  useEffect(() => {
    const hangUp = new AbortController()
    setState({})
    const begun = performance.now()
    ask(place, hangUp.signal).then(
      answer => setState({ answer, millis: performance.now() - begun }),
      (error: Error) => {
        if (!hangUp.signal.aborted) setState({ problem: error.message })
      },
    )
    return () => hangUp.abort()
  }, [query, last, from, to, limit, tenant, turn])
  const run = (next: string) => {
    if (next === query) setTurn(turn + 1)
    else go({ ...place, query: next })
  }
  return (
    <main>
      <form onSubmit={event => event.preventDefault()}>
        <QueryBox text={text} onText={setText} onRun={run} />
        <TimeChoice place={place} go={go} />
        <Choice label="Limit" values={limits} value={limit} onChange={value => go({ ...place, limit: value })} />
        <button type="button" onClick={() => run(text)}>
          Run
        </button>
      </form>
      <details id="builder">
        <summary>Search builder</summary>
        <QueryBuilder query={text} onChange={setText} onRun={run} />
      </details>
      <Outcome state={state} place={place} go={go} />
    </main>
  )
}

function Outcome({ state, place, go }: Props & { state: State }) {
  const { answer, problem, millis = 0 } = state
  if (problem !== undefined) return <Problem text={problem} query={place.query} />
  if (answer === undefined) return <p role="status">Asking …</p>
  const took = `${Math.round(millis)} ms`
  if ('series' in answer) {
    const { series, message } = answer.series
    return (
      <>
        <p role="status">
          {series.length} series in {took}
          {message === undefined ? '' : `; ${message}`}
        </p>
        <SeriesView series={series} />
      </>
    )
  }
  const { traces, metrics } = answer.traces
  const marked = markedIn(place)
  const isCut = traces.length >= Number(place.limit)
  const looked = `looked at ${plural(Number(metrics.inspectedSpans ?? 0), 'span')}, read ${bytes(Number(metrics.inspectedBytes ?? 0))}`
  return (
    <>
      <p role="status">
        {plural(traces.length, 'trace')} in {took}; {looked}
        {isCut ? '; the limit is reached, there may be more' : ''}
      </p>
      {traces.length === 0 && <WhereEmpty />}
      <Marked marked={marked} place={place} />
      <TraceList
        traces={traces}
        hrefOf={trace => hrefOf({ ...place, view: 'trace', trace })}
        marked={marked}
        onMark={trace => go({ ...readPlace(), marked: toggledMark(readPlace(), trace) })}
      />
    </>
  )
}

/** How many traces are marked; two lead to their comparison. */
function Marked({ marked, place }: { marked: readonly string[]; place: Place }) {
  if (marked.length === 0) return null
  return (
    <p>
      {plural(marked.length, 'trace')} marked:{' '}
      {marked.length === 2 ? (
        <a id="compare" href={hrefOf({ ...place, view: 'compare' })}>
          compare them <kbd>c</kbd>
        </a>
      ) : (
        'mark another one to compare them'
      )}
    </p>
  )
}

/** How spans are sent, where the store has none. */
function WhereEmpty() {
  const { value } = usePolled(getStatus, 5, '')
  return value?.tenants?.length === 0 ? <HowToSend ports={value.ports ?? {}} /> : null
}

async function ask(place: Place, signal: AbortSignal): Promise<Answer> {
  const { query, limit } = place
  if (!isMetrics(query)) {
    const range = await rangeOf(place, signal)
    return { traces: await get<Found>('api/search', { q: query, limit, ...range }, signal) }
  }
  const range = await rangeOf(place, signal, true)
  return { series: await get<SeriesFound>('api/metrics/query_range', { q: query, ...range }, signal) }
}
