import { useMemo } from 'preact/hooks'
import type { Series } from './api.ts'
import { usePolled } from './polled.ts'
import { Problem } from './problem.tsx'
import { SeriesView } from './series-view.tsx'
import { getRates, type RateHistory, type RateName } from './status-api.ts'

const names: readonly [RateName, string][] = [
  ['spansPerSecond', 'Spans per second'],
  ['requestsPerSecond', 'Requests per second'],
]

/** What tenants sent over the last five minutes, as lines that move. */
export function RatesView({ tenant }: { tenant: string }) {
  const { value, problem } = usePolled(getRates, 2, '')
  const isEmpty = value !== undefined && Object.keys(value.tenants).length === 0
  return (
    <main>
      <h1>Rates</h1>
      <Problem text={problem} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {isEmpty && <p>Nothing arrived in the last five minutes.</p>}
      {value !== undefined &&
        !isEmpty &&
        names.map(([name, title]) => (
          <section key={name}>
            <h2>{title}</h2>
            <Lines history={value} name={name} tenant={tenant} />
          </section>
        ))}
    </main>
  )
}

function Lines({ history, name, tenant }: { history: RateHistory; name: RateName; tenant: string }) {
  const series = useMemo(() => seriesOf(history, name, tenant), [history, name, tenant])
  return <SeriesView series={series} />
}

function seriesOf({ times, tenants }: RateHistory, name: RateName, tenant: string): Series[] {
  const own = Object.entries(tenants).filter(([one]) => tenant === '' || one === tenant)
  return own.map(([one, lines]) => ({
    labels: [{ key: '__name__', value: { stringValue: one } }],
    samples: times.map((time, i) => ({ timestampMs: String(Date.parse(time)), value: lines[name][i]! })),
  }))
}
