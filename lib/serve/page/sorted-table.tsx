import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

export interface Column<T> {
  name: string
  /** What rows are sorted by. */
  value(row: T): string | number
  show?(row: T): ComponentChildren
  /** Whether its texts take several lines. */
  isLong?: boolean
}

interface Props<T> {
  rows: readonly T[]
  columns: readonly Column<T>[]
  keyOf(row: T): string
}

/** A table that is sorted by a column when its head is pressed, and the other way when it is pressed again. */
export function SortedTable<T>({ rows, columns, keyOf }: Props<T>) {
  const [by, setBy] = useState<{ column: number; isDown: boolean }>()
  const sorted = by === undefined ? rows : sort(rows, columns[by.column]!, by.isDown)
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {columns.map(({ name }, i) => (
              <th
                key={name}
                scope="col"
                aria-sort={by?.column === i ? (by.isDown ? 'descending' : 'ascending') : undefined}
              >
                <button type="button" onClick={() => setBy({ column: i, isDown: by?.column === i && !by.isDown })}>
                  {name}
                  {by?.column === i ? (by.isDown ? ' ↓' : ' ↑') : ''}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map(row => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, value, show, isLong }) => (
                <td key={name} class={isLong ? 'long' : typeof value(row) === 'number' ? 'number' : undefined}>
                  {show ? show(row) : numberOrText(value(row))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function numberOrText(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 1 }) : value
}

function sort<T>(rows: readonly T[], { value }: Column<T>, isDown: boolean): T[] {
  const sign = isDown ? -1 : 1
  return rows.toSorted((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0))
}
