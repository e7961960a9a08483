import { hrefOf, type Place } from './place.ts'
import { usePolled } from './polled.ts'
import { Problem } from './problem.tsx'
import { type Column, SortedTable } from './sorted-table.tsx'
import { type ClusterStatus, getCluster, type LagRow, type RingMember, type TenantBlocks } from './status-api.ts'
import { bytes, duration, plural } from './text.ts'
import { WarningList } from './warning-list.tsx'

const unknown = '—'

function counted(name: string, value: (row: LagRow) => number | undefined, text = whole): Column<LagRow> {
  const show = (row: LagRow) => {
    const own = value(row)
    return own === undefined ? unknown : text(own)
  }
  // What is not known is above nothing.
  return { name, value: row => value(row) ?? -1, show }
}

function whole(count: number): string {
  return count.toLocaleString('en')
}

const lagColumns: readonly Column<LagRow>[] = [
  { name: 'Partition', value: row => row.partition },
  counted('Records behind', row => row.records),
  counted('Bytes behind', row => row.bytes, bytes),
  counted(
    'Behind for',
    row => row.seconds,
    seconds => duration(seconds * 1e9),
  ),
  counted('In blocks up to', row => row.committed),
  counted('Read up to', row => row.read),
  counted('End of the log', row => row.end),
  { name: 'Problem', value: row => row.problem ?? '', isLong: true },
]
const ringColumns: readonly Column<RingMember>[] = [
  { name: 'Role', value: row => row.role },
  { name: 'Instance', value: row => row.instance },
  { name: 'Partition', value: row => row.partition ?? -1, show: row => row.partition ?? '' },
  { name: 'Address', value: row => row.address },
]

const tenantColumns = (place: Place): Column<TenantBlocks>[] => [
  {
    name: 'Tenant',
    value: row => row.tenant,
    show: row => (
      <a class="row" href={hrefOf({ ...place, view: 'blocks', tenant: row.tenant })}>
        {row.tenant}
      </a>
    ),
  },
  { name: 'Recent spans', value: row => row.recentSpans },
  { name: 'Blocks', value: row => row.blocks },
  { name: 'Spans in blocks', value: row => row.blockSpans },
  { name: 'Bytes in blocks', value: row => row.blockBytes, show: row => bytes(row.blockBytes) },
]

/** How far a cluster is behind its log, and who is in it. */
export function ClusterView({ place }: { place: Place }) {
  const { value, problem } = usePolled(getCluster, 2, place.tenant)
  return (
    <main>
      <h1>Cluster</h1>
      <Problem text={problem} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {value !== undefined && <Parts {...value} place={place} />}
    </main>
  )
}

function Parts({ status, lag, ring, tenants, place }: ClusterStatus & { place: Place }) {
  const { version, uptimeSeconds, instance, ready, lastCommit, warnings, warningCount } = status
  const records = lag.reduce((sum, row) => sum + (row.records ?? 0), 0)
  return (
    <>
      <p>
        Instance {instance}, version {version}, up for {duration(uptimeSeconds * 1e9)}, at commit {lastCommit};{' '}
        {ready === true ? 'ready' : ready}
      </p>
      <h2>Lag</h2>
      <p role="status">
        {plural(records, 'record')} of {plural(lag.length, 'partition')} {records === 1 ? 'is' : 'are'} in no block yet
      </p>
      <SortedTable rows={lag} columns={lagColumns} keyOf={row => String(row.partition)} />
      <h2>Tenants in blocks</h2>
      {tenants.length === 0 ? (
        <p>There is no block yet.</p>
      ) : (
        <SortedTable rows={tenants} columns={tenantColumns(place)} keyOf={row => row.tenant} />
      )}
      <h2>Ring</h2>
      <SortedTable rows={ring} columns={ringColumns} keyOf={row => `${row.role} ${row.instance}`} />
      <WarningList warnings={warnings} count={warningCount} />
    </>
  )
}
