import '../../../lib/serve/page/colors.css'
import './page.css'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Bench, Measurement } from '../../runs/measurement-schema.ts'
import { pageName } from '../../runs/page-name.ts'
import type { Run } from '../../runs/run-schema.ts'
import { shorten } from '../../text/names.ts'
import { BenchView } from './bench-view.tsx'
import { Matrix } from './matrix.tsx'
import { hrefOf, type Place, readPlace } from './place.ts'
import { RunView } from './run-view.tsx'

/** Names a measurement among others. */
function keyOf(one: Measurement): string {
  return `${pageName(one)}@${one.environment.date}`
}

function Page({ measurements }: { measurements: readonly Measurement[] }) {
  const [place, setPlace] = useState(readPlace)
  useEffect(() => {
    const follow = () => setPlace(readPlace())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const runs = measurements.filter(one => one.kind === 'phases')
  const newest = newestOf(runs)
  const chosen = measurements.find(one => keyOf(one) === place.run) ?? latestOf(runs.length > 0 ? runs : measurements)
  const title = pageName(chosen)
  useEffect(() => {
    document.title = `${title} · Trace Storage Lab`
  }, [title])
  return (
    <>
      <h1>{newest.length > 1 ? 'Trace storage, measured' : title}</h1>
      {newest.length > 1 && <Matrix runs={newest} place={place} keyOf={keyOf} />}
      {measurements.length > 1 && <Choice measurements={measurements} chosen={chosen} place={place} />}
      {newest.length > 1 && <h2 class="run">{title}</h2>}
      {chosen.kind === 'phases' ? (
        <RunView
          key={keyOf(chosen)}
          run={chosen}
          others={ofSameData(chosen, runs)}
          against={comparableWith(chosen, runs).find(one => keyOf(one) === place.with)}
          place={place}
        />
      ) : (
        <BenchView key={keyOf(chosen)} bench={chosen} />
      )}
      {chosen.kind === 'phases' &&
        benchesOf(chosen, measurements).map(one => <BenchView key={keyOf(one)} bench={one} />)}
      <footer>
        <Download measurements={measurements} />
      </footer>
    </>
  )
}

/** What was measured last. */
function latestOf<T extends Measurement>(all: readonly T[]): T {
  return all.reduce((last, one) => (one.environment.date > last.environment.date ? one : last))
}

/** The newest of each page, in the order of their names. */
function newestOf<T extends Measurement>(all: readonly T[]): T[] {
  const byName = Map.groupBy(all, pageName)
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => latestOf(own))
}

function ofSameData(run: Run, runs: readonly Run[]): Run[] {
  return runs.filter(({ input }) => input.digest === run.input.digest)
}

/** Sizes of another version of zstd tell nothing of the phases. */
function comparableWith(run: Run, runs: readonly Run[]): Run[] {
  return ofSameData(run, runs).filter(one => one !== run && one.environment.zstd === run.environment.zstd)
}

/** The newest bench of each kind of what the run is of. */
function benchesOf({ input }: Run, measurements: readonly Measurement[]): Bench[] {
  const own = measurements.filter(one => one.kind !== 'phases' && one.input.name === input.name)
  return newestOf(own as Bench[])
}

interface ChoiceProps {
  readonly measurements: readonly Measurement[]
  readonly chosen: Measurement
  readonly place: Place
}

/** What is shown, and with which run it is compared: one of the same data. */
function Choice({ measurements, chosen, place }: ChoiceProps) {
  const go = (change: Partial<Place>) => {
    location.hash = hrefOf({ ...place, ...change })
  }
  const optionOf = (one: Measurement) => (
    <option key={keyOf(one)} value={keyOf(one)}>
      {`${shorten(pageName(one), 60)}, ${one.environment.date.slice(0, 16).replace('T', ' ')}, ${one.environment.commit?.slice(0, 7) ?? 'unknown'}`}
    </option>
  )
  const runs = measurements.filter(one => one.kind === 'phases')
  const comparable = chosen.kind === 'phases' ? comparableWith(chosen, runs) : []
  return (
    <form class="choice">
      <label>
        Run{' '}
        <select value={keyOf(chosen)} onChange={event => go({ run: event.currentTarget.value, with: '' })}>
          {measurements.map(optionOf)}
        </select>
      </label>
      {comparable.length > 0 && (
        <label>
          compared with{' '}
          <select value={place.with} onChange={event => go({ run: keyOf(chosen), with: event.currentTarget.value })}>
            <option value="">none</option>
            {comparable.map(optionOf)}
          </select>
        </label>
      )}
    </form>
  )
}

/** The data of the page, for programs. */
function Download({ measurements }: { measurements: readonly Measurement[] }) {
  const save = () => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([JSON.stringify(measurements)], { type: 'application/json' }))
    link.download = 'runs.json'
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <button type="button" onClick={save}>
      Save the data as JSON
    </button>
  )
}

async function readMeasurements(): Promise<Measurement[]> {
  const bytes = Uint8Array.from(atob(document.getElementById('runs')!.textContent!), one => one.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).json() as Promise<Measurement[]>
}

readMeasurements().then(measurements => render(<Page measurements={measurements} />, document.getElementById('page')!))
