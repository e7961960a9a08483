import { hrefOf, type Place } from './place.ts'
import { usePolled } from './polled.ts'
import { Problem } from './problem.tsx'
import { type Column, SortedTable } from './sorted-table.tsx'
import { type BlockRow, type BlocksStatus, type FileRow, getBlocks } from './status-api.ts'
import { bytes, plural, time } from './text.ts'

const columnsAt = (place: Place): Column<BlockRow>[] => [
  {
    name: 'Block',
    value: row => row.block,
    show: row => (
      <a class="row" title={row.block} href={hrefOf({ ...place, view: 'block', block: `${row.tenant}/${row.block}` })}>
        <code>{row.block.slice(0, 8)}</code>
      </a>
    ),
  },
  { name: 'Tenant', value: row => row.tenant },
  { name: 'What becomes of it', value: row => row.why, isLong: true },
  { name: 'Level', value: row => row.level },
  { name: 'Start', value: row => row.start, show: row => timeOf(row.start) },
  { name: 'End', value: row => row.end, show: row => timeOf(row.end) },
  { name: 'Received', value: row => row.received, show: row => timeOf(row.received) },
  { name: 'Traces', value: row => row.traces },
  { name: 'Spans', value: row => row.spans },
  { name: 'Bytes', value: row => row.bytes, show: row => bytes(row.bytes) },
]
const fileColumns: readonly Column<FileRow>[] = [
  { name: 'File', value: row => row.file },
  { name: 'Spans', value: row => row.spans },
  { name: 'Bytes', value: row => row.bytes, show: row => bytes(row.bytes) },
]

/** The blocks of a store, or the files that are served. */
export function BlocksView({ place }: { place: Place }) {
  const { value, problem } = usePolled(getBlocks, 5, place.tenant)
  return (
    <main>
      <h1>Blocks</h1>
      <Problem text={problem} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {value?.files && <SortedTable rows={value.files} columns={fileColumns} keyOf={row => row.file} />}
      {value !== undefined && value.files === undefined && <Blocks {...value} place={place} />}
    </main>
  )
}

function Blocks({ blocks: rows, backlog, place }: BlocksStatus & { place: Place }) {
  if (rows.length === 0) return <p>There is no block yet: spans become one about half a minute after they arrived.</p>
  const total = rows.reduce((sum, row) => sum + row.bytes, 0)
  return (
    <>
      <p role="status">
        {plural(rows.length, 'block')}, {bytes(total)}; {backlog}
      </p>
      <Windows rows={rows} />
      <SortedTable rows={rows} columns={columnsAt(place)} keyOf={row => row.block} />
    </>
  )
}

/** Bytes by the hour in which blocks arrived. */
function Windows({ rows }: { rows: readonly BlockRow[] }) {
  const sums = new Map<string, number>()
  for (const { received, bytes: own } of rows) {
    const window = received.slice(0, 13)
    sums.set(window, (sums.get(window) ?? 0) + own)
  }
  const most = Math.max(...sums.values())
  return (
    <table class="windows">
      <caption>Bytes by hour of arrival</caption>
      <tbody>
        {[...sums].sort().map(([window, sum]) => (
          <tr key={window}>
            <th scope="row">{timeOf(`${window}:00:00Z`)}</th>
            <td>
              <span class="bar" style={{ width: `${(100 * sum) / most}%` }} />
            </td>
            <td class="number">{bytes(sum)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function timeOf(iso: string): string {
  return time(BigInt(Date.parse(iso)) * 1_000_000n).slice(0, 19)
}
