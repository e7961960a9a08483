import { nameOf } from '../runs/row-name.ts'
import type { Row, Run } from '../runs/run-schema.ts'
import { fixed } from '../text/format.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'

/** What a user plans for. */
export interface Plan {
  spansPerDay: number
  days: number
  /** Of a GB (10^9 bytes) stored for a month, in whatever currency. */
  price: number | undefined
}

const gigabyte = 1e9

/** What each row's bytes per span come to: GB a day, GB held over the retention, and what holding them costs a month. */
export function sizingTable({ rows }: Run, { spansPerDay, days, price }: Plan): Table {
  const perDay = (row: Row) => (row.bytesPerSpan! * spansPerDay) / gigabyte
  return tableOf(
    rows.filter(row => row.bytesPerSpan !== null),
    [
      text('phase', nameOf),
      number('B/span', row => row.bytesPerSpan, fixed(2)),
      text('kept', row => row.fidelity),
      number('GB a day', perDay, amount),
      number(`GB for ${days} days`, row => perDay(row) * days, amount),
      ...(price === undefined ? [] : [number<Row>('cost a month', row => perDay(row) * days * price, fixed(2))]),
    ],
  )
}

/** Three digits that mean something. */
function amount(value: number | null): string {
  const digits = value === null || value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4
  return fixed(digits)(value)
}
