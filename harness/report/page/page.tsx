import '../../../lib/serve/page/colors.css'
import './page.css'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Run } from '../../runs/run-schema.ts'
import { Matrix } from './matrix.tsx'
import { hrefOf, type Place, readPlace } from './place.ts'
import { RunView } from './run-view.tsx'

/** Names a run among others. */
function keyOf({ input, environment }: Run): string {
  return `${input.name}@${environment.date}`
}

function Page({ runs }: { runs: readonly Run[] }) {
  const [place, setPlace] = useState(readPlace)
  useEffect(() => {
    const follow = () => setPlace(readPlace())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const newest = newestOf(runs)
  const run = runs.find(one => keyOf(one) === place.run) ?? latestOf(runs)
  const others = runs.filter(one => one.input.digest === run.input.digest)
  const against = others.find(one => keyOf(one) === place.with && one !== run)
  useEffect(() => {
    document.title = `${run.input.name} · Trace Storage Lab`
  }, [run])
  return (
    <>
      <h1>{newest.length > 1 ? 'Trace storage, measured' : run.input.name}</h1>
      {newest.length > 1 && <Matrix runs={newest} place={place} keyOf={keyOf} />}
      {runs.length > 1 && <Runs runs={runs} others={others} chosen={run} place={place} />}
      {newest.length > 1 && <h2 class="run">{run.input.name}</h2>}
      <RunView key={keyOf(run)} run={run} others={others} against={against} place={place} />
      <footer>
        <Download runs={runs} />
      </footer>
    </>
  )
}

/** The run that was made last. */
function latestOf(runs: readonly Run[]): Run {
  return runs.reduce((last, run) => (run.environment.date > last.environment.date ? run : last))
}

/** The newest run of each capture, in the order of their names. */
function newestOf(runs: readonly Run[]): Run[] {
  const byName = new Map<string, Run>()
  for (const run of runs) {
    const known = byName.get(run.input.name)
    if (known === undefined || known.environment.date < run.environment.date) byName.set(run.input.name, run)
  }
  return [...byName.values()].sort((a, b) => (a.input.name < b.input.name ? -1 : 1))
}

interface RunsProps {
  readonly runs: readonly Run[]
  readonly others: readonly Run[]
  readonly chosen: Run
  readonly place: Place
}

/** Which run is shown, and with which it is compared: one of the same data. */
function Runs({ runs, others, chosen, place }: RunsProps) {
  const go = (change: Partial<Place>) => {
    location.hash = hrefOf({ ...place, ...change })
  }
  const optionOf = (run: Run) => (
    <option key={keyOf(run)} value={keyOf(run)}>
      {`${run.input.name}, ${run.environment.date.slice(0, 16).replace('T', ' ')}, ${run.environment.commit?.slice(0, 7) ?? 'unknown'}`}
    </option>
  )
  return (
    <form class="choice">
      <label>
        Run{' '}
        <select value={keyOf(chosen)} onChange={event => go({ run: event.currentTarget.value, with: '' })}>
          {runs.map(optionOf)}
        </select>
      </label>
      {others.length > 1 && (
        <label>
          compared with{' '}
          <select value={place.with} onChange={event => go({ run: keyOf(chosen), with: event.currentTarget.value })}>
            <option value="">none</option>
            {others.filter(one => one !== chosen).map(optionOf)}
          </select>
        </label>
      )}
    </form>
  )
}

/** The data of the page, for programs. */
function Download({ runs }: { runs: readonly Run[] }) {
  const save = () => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([JSON.stringify(runs)], { type: 'application/json' }))
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

async function readRuns(): Promise<Run[]> {
  const bytes = Uint8Array.from(atob(document.getElementById('runs')!.textContent!), one => one.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).json() as Promise<Run[]>
}

readRuns().then(runs => render(<Page runs={runs} />, document.getElementById('page')!))
