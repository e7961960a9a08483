import { nameOf, type Row, type Run } from '../runs/run-schema.ts'
import { fixed } from '../text/format.ts'
import type { TextTable } from '../text/table.ts'

/** What a user plans for. */
export interface Plan {
  spansPerDay: number
  days: number
  /** Of a GB (10^9 bytes) stored for a month, in whatever currency. */
  price: number | undefined
}

const gigabyte = 1e9

/** What each row's bytes per span come to: GB a day, GB held over the retention, and what holding them costs a month. */
export function sizingTable({ rows }: Run, { spansPerDay, days, price }: Plan): TextTable {
  const earned = rows.filter(row => row.bytesPerSpan !== null)
  const headers = ['phase', 'B/span', 'kept', 'GB a day', `GB for ${days} days`, 'cost a month']
  const cells = earned.map(row => {
    const perDay = (row.bytesPerSpan! * spansPerDay) / gigabyte
    const held = perDay * days
    const cost = price === undefined ? [] : [fixed(2)(held * price)]
    return [nameOf(row), fixed(2)(row.bytesPerSpan), keptOf(row), amount(perDay), amount(held), ...cost]
  })
  const count = price === undefined ? 5 : 6
  const aligns = ['left', 'right', 'left', 'right', 'right', 'right'] as const
  return { headers: headers.slice(0, count), aligns: aligns.slice(0, count), rows: cells }
}

function keptOf(row: Row): string {
  return row.fidelity ?? ''
}

/** Three digits that mean something. */
function amount(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4
  return fixed(digits)(value)
}
