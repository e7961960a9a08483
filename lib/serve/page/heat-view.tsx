import { useMemo, useState } from 'preact/hooks'
import { get, type SeriesFound } from './api.ts'
import { useAsked } from './asked.ts'
import { type Cells, type Heat, heatOf, type Region, regionOf, stepOf } from './heat.ts'
import { HeatPicture } from './heat-picture.tsx'
import { hrefOf, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import { durationQuery, filterOf, histogramQuery } from './queries.ts'
import { QueryBox, useQueryText } from './query-box.tsx'
import { type Column, SortedTable } from './sorted-table.tsx'
import { duration, plural, time } from './text.ts'
import { TimeChoice } from './time-choice.tsx'
import { rangeOf } from './time-range.ts'

interface Answer {
  heat: Heat | undefined
  message: string | undefined
}

/** How long the spans of a query take, over time; a part of the picture becomes a search. */
export function HeatView({ place, go }: { place: Place; go(place: Partial<Place>): void }) {
  const { query, last, from, to, tenant } = place
  const [turn, setTurn] = useState(0)
  const [text, setText] = useQueryText(filterOf(query))
  const key = JSON.stringify([query, last, from, to, tenant, turn])
  const { value, problem, millis = 0 } = useAsked(signal => ask(place, signal), key)
  const run = (next: string) => (next === filterOf(query) ? setTurn(turn + 1) : go({ ...place, query: next }))
  return (
    <main>
      <h1>Durations</h1>
      <form onSubmit={event => event.preventDefault()}>
        <QueryBox text={text} onText={setText} onRun={run} />
        <TimeChoice place={place} go={go} />
      </form>
      <Problem text={problem} query={histogramQuery(query)} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {value !== undefined && value.heat === undefined && (
        <p>No span matches in this time that takes 2 ns or longer.</p>
      )}
      {value?.heat !== undefined && (
        <Selecting key={key} answer={value} heat={value.heat} place={place} go={go} millis={millis} />
      )}
    </main>
  )
}

async function ask(place: Place, signal: AbortSignal): Promise<Answer> {
  const range = await rangeOf(place, signal, true)
  const stepMillis = stepOf(Number(BigInt(range.end!) - BigInt(range.start!)) / 1e6)
  const parameters = { q: histogramQuery(place.query), ...range, step: `${stepMillis}ms` }
  const { series, message } = await get<SeriesFound>('api/metrics/query_range', parameters, signal)
  return { heat: heatOf(series, stepMillis), message }
}

interface SelectingProps {
  answer: Answer
  heat: Heat
  place: Place
  millis: number
  go(place: Partial<Place>): void
}

function Selecting({ answer, heat, place, millis, go }: SelectingProps) {
  const [cells, setCells] = useState<Cells>()
  const total = useMemo(() => regionOf(heat, allOf(heat)), [heat])
  const region = cells && regionOf(heat, cells)
  const target = region && placeOf(place, region)
  return (
    <>
      <p role="status">
        {plural(Math.round(total.count), 'span')} in {Math.round(millis)} ms, {duration(heat.stepMillis * 1e6)} a
        column, up to {plural(Math.round(heat.most), 'span')} a cell
        {answer.message === undefined ? '' : `; ${answer.message}`}
      </p>
      <HeatPicture heat={heat} selected={cells} onSelect={setCells} onOpen={() => target && go(target)} />
      <p id="heat-keys" class="hint">
        Drag a rectangle, or use the arrows, and with Shift to select more; Enter shows the traces, Escape selects
        nothing.
      </p>
      <p id="heat-selected" role="status">
        {region === undefined || target === undefined ? (
          'Nothing is selected.'
        ) : (
          <Selected region={region} target={target} />
        )}
      </p>
      <h2>By duration</h2>
      <Durations heat={heat} place={place} />
    </>
  )
}

function allOf({ ends, counts }: Heat): Cells {
  return { firstColumn: 0, lastColumn: ends.length - 1, firstRow: 0, lastRow: counts.length - 1 }
}

/** The search for what was selected. A step holds its end, and a search does not. */
function placeOf(place: Place, { lowNanos, highNanos, fromMillis, toMillis }: Region): Place {
  const query = durationQuery(place.query, lowNanos, highNanos)
  return { ...place, view: 'search', query, last: '', from: String(fromMillis), to: String(toMillis + 1) }
}

function Selected({ region, target }: { region: Region; target: Place }) {
  const { fromMillis, toMillis, count } = region
  return (
    <>
      {timeOf(fromMillis)} to {timeOf(toMillis)}, {durationsOf(region)}: {plural(Math.round(count), 'span')}{' '}
      <a href={hrefOf(target)}>Show their traces</a>
    </>
  )
}

function timeOf(millis: number): string {
  return time(BigInt(millis) * 1_000_000n)
}

function durationsOf({ lowNanos, highNanos }: Region): string {
  const from = `over ${duration(Number(lowNanos))}`
  return highNanos === undefined ? from : `${from} up to ${duration(Number(highNanos))}`
}

/** The rows of the picture, the longest durations first. */
function Durations({ heat, place }: { heat: Heat; place: Place }) {
  const regions = heat.counts.map((_, row) => regionOf(heat, { ...allOf(heat), firstRow: row, lastRow: row })).reverse()
  const columns: Column<Region>[] = [
    {
      name: 'Duration',
      value: ({ lowNanos }) => Number(lowNanos),
      show: region => (
        <a class="row" href={hrefOf(placeOf(place, region))}>
          {durationsOf(region)}
        </a>
      ),
    },
    { name: 'Spans', value: ({ count }) => count },
  ]
  return (
    <SortedTable
      rows={regions.filter(({ count }) => count > 0)}
      columns={columns}
      keyOf={({ lowNanos }) => String(lowNanos)}
    />
  )
}
