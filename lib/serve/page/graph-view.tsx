import { get } from './api.ts'
import { useAsked } from './asked.ts'
import { GraphPicture } from './graph-picture.tsx'
import { hrefOf, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import { callQuery, serviceQuery } from './queries.ts'
import { type GraphFound, type ServiceCall, type ServiceNode, type Stats, serviceName } from './service-graph.ts'
import { type Column, SortedTable } from './sorted-table.tsx'
import { bytes, clipped, duration, percent, plural, rate } from './text.ts'
import { TimeChoice } from './time-choice.tsx'
import { rangeOf } from './time-range.ts'

interface Answer {
  found: GraphFound
  seconds: number
}

/** Which services call which, how often, how often in vain, and how long that takes. */
export function GraphView({ place, go }: { place: Place; go(place: Partial<Place>): void }) {
  const { last, from, to, tenant } = place
  const {
    value,
    problem,
    millis = 0,
  } = useAsked(signal => ask(place, signal), JSON.stringify([last, from, to, tenant]))
  return (
    <main>
      <h1>Services</h1>
      <form onSubmit={event => event.preventDefault()}>
        <TimeChoice place={place} go={go} />
      </form>
      <Problem text={problem} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {value !== undefined && (
        <>
          <p role="status">{summaryOf(value, millis)}</p>
          <Calls answer={value} place={place} />
        </>
      )}
    </main>
  )
}

async function ask(place: Place, signal: AbortSignal): Promise<Answer> {
  const range = await rangeOf(place, signal, true)
  const found = await get<GraphFound>('api/metrics/service_graph', range, signal)
  return { found, seconds: Number(BigInt(range.end!) - BigInt(range.start!)) / 1e9 }
}

function summaryOf({ found, seconds }: Answer, millis: number): string {
  const { services, calls, metrics, message } = found
  const { inspectedSpans = '0', inspectedBytes = '0' } = metrics
  const looked = `looked at ${plural(Number(inspectedSpans), 'span')}, read ${bytes(Number(inspectedBytes))}`
  const what = `${plural(services.length, 'service')}, ${plural(calls.length, 'pair')} of them with calls`
  const told = message === undefined ? '' : `; ${message}`
  return `${what}, over ${duration(seconds * 1e9)}, in ${Math.round(millis)} ms; ${looked}${told}`
}

function Calls({ answer, place }: { answer: Answer; place: Place }) {
  const { found, seconds } = answer
  const search = (query: string) => hrefOf({ ...place, view: 'search', query })
  if (found.services.length === 0) return <p>No span starts in this time.</p>
  return (
    <>
      <GraphPicture found={found} seconds={seconds} search={search} />
      <h2>Calls</h2>
      <SortedTable rows={found.calls} columns={callColumns(seconds, search)} keyOf={callKey} />
      <h2>Services</h2>
      <SortedTable
        rows={found.services}
        columns={serviceColumns(seconds, search)}
        keyOf={({ service = '' }) => service}
      />
    </>
  )
}

function callKey({ caller, service }: ServiceCall): string {
  return JSON.stringify([caller, service])
}

const maxNameLength = 200

type Search = (query: string) => string

function callColumns(seconds: number, search: Search): Column<ServiceCall>[] {
  return [
    {
      name: 'Caller',
      value: ({ caller = '' }) => caller,
      show: ({ caller = '', service = '' }) => (
        <a class="row" href={search(callQuery(caller, service))}>
          {shortName(caller)}
        </a>
      ),
      isLong: true,
    },
    { name: 'Service', value: ({ service = '' }) => service, show: row => shortName(row.service), isLong: true },
    ...statColumns<ServiceCall>(seconds, ({ caller = '', service = '' }) =>
      search(callQuery(caller, service, 'status = error')),
    ),
  ]
}

function serviceColumns(seconds: number, search: Search): Column<ServiceNode>[] {
  return [
    {
      name: 'Service',
      value: ({ service = '' }) => service,
      show: ({ service = '' }) => (
        <a class="row" href={search(serviceQuery(service))}>
          {shortName(service)}
        </a>
      ),
      isLong: true,
    },
    ...statColumns<ServiceNode>(seconds, ({ service = '' }) => search(serviceQuery(service, 'status = error'))),
    {
      name: 'Without a caller',
      value: ({ entryCount = 0 }) => entryCount / seconds,
      show: ({ entryCount = 0 }) => rate(entryCount / seconds),
    },
  ]
}

/** The columns that calls and services share; `failed` is where the spans with errors are. */
function statColumns<T extends Stats>(seconds: number, failed: (row: T) => string): Column<T>[] {
  const durationOf = (name: string, of: (row: T) => number | undefined): Column<T> => ({
    name,
    value: row => of(row) ?? 0,
    show: row => (row.count === undefined ? '—' : duration(of(row) ?? 0)),
  })
  return [
    { name: 'Calls', value: ({ count = 0 }) => count / seconds, show: ({ count = 0 }) => rate(count / seconds) },
    {
      name: 'Errors',
      value: ({ errorShare = 0 }) => errorShare,
      show: row =>
        row.errorShare === undefined ? (
          percent(0)
        ) : (
          <a class="failed" href={failed(row)}>
            {percent(row.errorShare)}
          </a>
        ),
    },
    durationOf('p50', row => row.p50Nanos),
    durationOf('p95', row => row.p95Nanos),
  ]
}

function shortName(service: string | undefined): string {
  return clipped(serviceName(service), maxNameLength)
}
