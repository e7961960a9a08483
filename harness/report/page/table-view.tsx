import type { ComponentChildren } from 'preact'
import { linesOf, type Table, valuesOf } from '../../text/table.ts'
import { Wide } from './wide.tsx'

interface Props {
  readonly table: Table
  readonly caption: string
  /** The header by which it is sorted, or an empty text. */
  readonly sort?: string
  readonly isDown?: boolean
  onSort?(header: string, isDown: boolean): void
  /** What stands before the first cell of a row. */
  lead?(row: number): ComponentChildren
}

/** A table as people read it. Where it can be sorted, the heads are buttons. */
export function TableView({ table, caption, sort = '', isDown = false, onSort, lead }: Props) {
  const lines = linesOf(table)
  return (
    <Wide label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {table.columns.map(({ header, align }) => (
              <th
                key={header}
                scope="col"
                class={align}
                aria-sort={sort !== '' && sort === header ? (isDown ? 'descending' : 'ascending') : undefined}
              >
                {onSort === undefined ? (
                  header
                ) : (
                  <button type="button" onClick={() => onSort(header, sort === header && !isDown)}>
                    {header}
                    {sort === header ? (isDown ? ' ↓' : ' ↑') : ''}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order(table, sort, isDown).map(row => (
            <tr key={row}>
              {lines[row]!.map((cell, i) => (
                <td key={table.columns[i]!.header} class={table.columns[i]!.align}>
                  {i === 0 && lead?.(row)}
                  {cell.map((line, place) => (
                    <div key={place}>{table.columns[i]!.isCode ? <code>{line}</code> : line}</div>
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  )
}

/** The numbers of the rows as they are sorted; what was not earned comes last. */
function order({ columns, rows }: Table, sort: string, isDown: boolean): number[] {
  const numbers = rows.map((_, row) => row)
  const column = columns.findIndex(({ header }) => header === sort)
  // Heads of names and units are empty too: rows stay as they are.
  if (column < 0 || sort === '') return numbers
  const values = rows.map(row => valuesOf(row)[column] ?? null)
  const sign = isDown ? -1 : 1
  return numbers.sort((a, b) => {
    const [x, y] = [values[a]!, values[b]!]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return x < y ? -sign : x > y ? sign : 0
  })
}
