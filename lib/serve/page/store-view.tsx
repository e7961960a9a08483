import { HowToSend } from './how-to-send.tsx'
import { hrefOf, type Place } from './place.ts'
import { usePolled } from './polled.ts'
import { Problem } from './problem.tsx'
import { type Column, SortedTable } from './sorted-table.tsx'
import { getStatus, type Status, type TenantRow } from './status-api.ts'
import { bytes, duration, plural } from './text.ts'
import { WarningList } from './warning-list.tsx'

/** What the server is and has, and its tenants. */
export function StoreView({ place }: { place: Place }) {
  const { value, problem } = usePolled(getStatus, 2, '')
  return (
    <main>
      <h1>Store</h1>
      <Problem text={problem} />
      {value === undefined ? (
        problem === undefined && <p role="status">Asking …</p>
      ) : (
        <Facts status={value} place={place} />
      )}
    </main>
  )
}

function Facts({ status, place }: { status: Status; place: Place }) {
  const { ports = {}, store, tenants, files, warnings, warningCount } = status
  return (
    <>
      <p>
        Version {status.version}, up for {duration(status.uptimeSeconds * 1e9)}; ports:{' '}
        {Object.entries(ports)
          .map(([name, port]) => `${name} ${port}`)
          .join(', ')}
      </p>
      {files && <p>It serves {plural(files.length, 'file')} as they are and takes no spans in.</p>}
      {store && (
        <p>
          {plural(store.recentSpans!, 'recent span')}, {bytes(store.logBytes!)} in the log;{' '}
          {plural(store.blockSpans!, 'span')} in {plural(store.blocks!, 'block')}, {bytes(store.blockBytes!)}
        </p>
      )}
      {tenants?.length === 0 && <HowToSend ports={ports} />}
      {tenants !== undefined && tenants.length > 0 && <Tenants rows={tenants} place={place} />}
      <WarningList warnings={warnings} count={warningCount} />
    </>
  )
}

function Tenants({ rows, place }: { rows: readonly TenantRow[]; place: Place }) {
  const columns: readonly Column<TenantRow>[] = [
    {
      name: 'Tenant',
      value: row => row.tenant,
      show: row => (
        <a class="row" href={hrefOf({ ...place, view: 'search', tenant: row.tenant })}>
          {row.tenant}
        </a>
      ),
    },
    { name: 'Spans/s', value: row => row.spansPerSecond },
    { name: 'Bytes/s', value: row => row.bytesPerSecond, show: row => bytes(Math.round(row.bytesPerSecond)) },
    { name: 'Requests/s', value: row => row.requestsPerSecond },
    { name: 'Recent spans', value: row => row.recentSpans },
    { name: 'Blocks', value: row => row.blocks },
    { name: 'Spans in blocks', value: row => row.blockSpans },
    { name: 'Bytes in blocks', value: row => row.blockBytes, show: row => bytes(row.blockBytes) },
    { name: 'Refused', value: row => row.refused },
    { name: 'Rejected spans', value: row => row.rejectedSpans },
  ]
  return (
    <>
      <h2>Tenants</h2>
      <SortedTable rows={rows} columns={columns} keyOf={row => row.tenant} />
    </>
  )
}
