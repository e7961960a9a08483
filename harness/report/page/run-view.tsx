import { nameOf } from '../../runs/row-name.ts'
import type { Row, Run } from '../../runs/run-schema.ts'
import { tableOf } from '../../text/table.ts'
import { sizeColumns, timeColumnsOf } from '../../view/columns.ts'
import { compareRuns } from '../../view/compare.ts'
import { lossSection } from '../../view/loss.ts'
import {
  cpuFigure,
  historyFigure,
  isEarned,
  memoryFigure,
  partFigure,
  sizeFigure,
  timeFigure,
} from '../../view/run-charts.ts'
import { describeInput, printMachine, printRounds } from '../../view/run-lines.ts'
import { commandOf } from './command.ts'
import { DocumentView } from './document-view.tsx'
import { FigureView } from './figure-view.tsx'
import { Measured } from './measured.tsx'
import { hrefOf, type Place, toggled } from './place.ts'
import { TableView } from './table-view.tsx'

interface Props {
  readonly run: Run
  /** Of the same data, the oldest first. */
  readonly others: readonly Run[]
  readonly against: Run | undefined
  readonly place: Place
}

/** One run: its tables and pictures, of the rows that are chosen. */
export function RunView({ run, others, against, place }: Props) {
  const shown = run.rows.filter(row => !place.hidden.includes(nameOf(row)) && !place.left.includes(classOf(row)))
  const earned = shown.filter(isEarned)
  const sorting = {
    sort: place.sort,
    isDown: place.isDown,
    onSort: (sort: string, isDown: boolean) => {
      location.hash = hrefOf({ ...place, sort, isDown })
    },
  }
  const command = commandOf(run)
  const history = place.row === '' ? undefined : historyFigure(place.row, others)
  const parts = partFigure(run, earned)
  return (
    <>
      <section>
        {describeInput(run.input)
          .split('\n')
          .map(line => (
            <p key={line}>{line}</p>
          ))}
        <p class="faint">{printMachine(run.environment, printRounds(run.environment))}</p>
        <p class="faint">
          By <code>{command}</code>
        </p>
      </section>
      <Choice run={run} place={place} />
      <section>
        <h2>Sizes</h2>
        <TableView
          table={tableOf(shown, sizeColumns)}
          caption="Sizes by phase"
          {...sorting}
          lead={row =>
            others.length > 1 && (
              <a href={hrefOf({ ...place, row: nameOf(shown[row]!) })} title="Its history">
                ⤴{' '}
              </a>
            )
          }
        />
        {shown.flatMap(({ phase, variant, problem }) =>
          problem === null ? [] : [<p key={phase + variant} class="failed">{`${phase} ${variant}: ${problem}`}</p>],
        )}
        {history !== undefined && (
          <>
            <FigureView figure={history} />
            <Measured what="history" command={command} />
          </>
        )}
        {earned.length > 0 && <FigureView figure={sizeFigure(run, earned)} />}
        <Measured what="size" command={command} />
      </section>
      {earned.length > 0 && (
        <>
          <section>
            <h2>Cost against size</h2>
            <FigureView figure={cpuFigure(run, earned)} />
            <Measured what="cpu" command={command} />
          </section>
          {parts !== undefined && (
            <section>
              <h2>Where the bytes are</h2>
              <FigureView figure={parts} />
              <Measured what="parts" command={command} />
            </section>
          )}
          <section>
            <h2>Times and memory</h2>
            <TableView table={tableOf(shown, timeColumnsOf(shown))} caption="Times and memory by phase" {...sorting} />
            <FigureView figure={timeFigure(run, earned)} />
            <Measured what="cpu" command={command} />
            <FigureView figure={memoryFigure(run, earned)} />
            <Measured what="memory" command={command} />
          </section>
        </>
      )}
      <Loss rows={shown} command={command} />
      {against !== undefined && <Compared before={against} after={run} />}
    </>
  )
}

/** Which rows are shown. */
function Choice({ run, place }: { run: Run; place: Place }) {
  const classes = [...new Set(run.rows.map(classOf))]
  const choose = (change: Partial<Place>) => {
    location.hash = hrefOf({ ...place, ...change })
  }
  return (
    <details class="choice">
      <summary>Rows</summary>
      <fieldset>
        <legend>What comes back</legend>
        {classes.map(name => (
          <label key={name}>
            <input
              type="checkbox"
              checked={!place.left.includes(name)}
              onChange={() => choose({ left: toggled(place.left, name) })}
            />{' '}
            {name}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Phases</legend>
        {run.rows.map(row => (
          <label key={nameOf(row)}>
            <input
              type="checkbox"
              checked={!place.hidden.includes(nameOf(row))}
              onChange={() => choose({ hidden: toggled(place.hidden, nameOf(row)) })}
            />{' '}
            {nameOf(row)}
          </label>
        ))}
      </fieldset>
    </details>
  )
}

function Loss({ rows, command }: { rows: readonly Row[]; command: string }) {
  const [heading, ...parts] = lossSection({ rows })
  if (heading === undefined) return null
  const title = 'What the loss costs'
  return (
    <section>
      <h2>{title}</h2>
      <DocumentView document={parts} title={title} />
      <Measured what="price" command={command} />
    </section>
  )
}

function Compared({ before, after }: { before: Run; after: Run }) {
  const title = 'What moved'
  return (
    <section>
      <h2>{title}</h2>
      <DocumentView document={compareRuns(before, after, before.input.name)} title={title} />
      <Measured what="moves" command={commandOf(after)} />
    </section>
  )
}

function classOf({ problem, fidelity }: Row): string {
  return problem === null ? (fidelity ?? 'unknown') : 'problem'
}
