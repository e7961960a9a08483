import { nameOf } from '../../runs/row-name.ts'
import type { Row, Run } from '../../runs/run-schema.ts'
import { fixed } from '../../text/format.ts'
import { hrefOf, type Place } from './place.ts'
import { Wide } from './wide.tsx'

interface Props {
  /** The newest of each capture. */
  readonly runs: readonly Run[]
  readonly place: Place
  keyOf(run: Run): string
}

/** From this phase on they are formats of others, to compare with. */
const firstPeer = 20

/** Bytes per span of every phase on every capture, each a link to its run. */
export function Matrix({ runs, place, keyOf }: Props) {
  const rows = new Map<string, Row>()
  for (const run of runs) for (const row of run.rows) rows.set(nameOf(row), row)
  const names = [...rows.keys()].sort()
  return (
    <section>
      <h2>Bytes per span, every capture</h2>
      <Wide label="Bytes per span by phase and capture">
        <table>
          <caption>Bytes per span by phase and capture</caption>
          <thead>
            <tr>
              <th scope="col">phase</th>
              {runs.map(run => (
                <th key={run.input.name} scope="col" class="right">
                  <a href={hrefOf({ ...place, run: keyOf(run), with: '' })}>{run.input.name}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map(name => (
              <tr key={name} class={Number(rows.get(name)!.phase) >= firstPeer ? 'peer' : undefined}>
                <th scope="row">
                  {name}
                  {Number(rows.get(name)!.phase) >= firstPeer && <span class="tag"> peer</span>}
                </th>
                {runs.map(run => {
                  const row = run.rows.find(one => nameOf(one) === name)
                  return (
                    <td key={run.input.name} class="right">
                      {row === undefined ? '' : row.problem === null ? fixed(2)(row.bytesPerSpan) : 'PROBLEM'}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  )
}
