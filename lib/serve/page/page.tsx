import 'uplot/dist/uPlot.min.css'
import './colors.css'
import './page.css'
import './trace.css'
import { type ComponentChildren, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { BlockView } from './block-view.tsx'
import { BlocksView } from './blocks-view.tsx'
import { ClusterView } from './cluster-view.tsx'
import { CompareView } from './compare-view.tsx'
import { GraphView } from './graph-view.tsx'
import { HeatView } from './heat-view.tsx'
import { hrefOf, type Place, readPlace } from './place.ts'
import { usePolled } from './polled.ts'
import { RatesView } from './rates-view.tsx'
import { SearchView } from './search-view.tsx'
import { getStatus, getTenants, type Status } from './status-api.ts'
import { StoreView } from './store-view.tsx'
import { TraceView } from './trace-view.tsx'

interface View {
  title: string
  /** Whether others lead to it, so that it has neither a link at the top nor a key. */
  isInner?: boolean
  /** The only servers that have it: those that are a store alone, or processes of a cluster. */
  isOf?: 'store' | 'cluster'
  Show(props: { place: Place; go(place: Partial<Place>): void }): ComponentChildren
}

/** In the order of their links at the top, whose keys are 1 and on. */
const views: Record<Place['view'], View> = {
  search: { title: 'Search', Show: SearchView },
  trace: { title: 'Trace', isInner: true, Show: TraceView },
  compare: { title: 'Comparison', isInner: true, Show: CompareView },
  store: { title: 'Store', isOf: 'store', Show: StoreView },
  blocks: { title: 'Blocks', Show: BlocksView },
  rates: { title: 'Rates', isOf: 'store', Show: ({ place }) => <RatesView tenant={place.tenant} /> },
  services: { title: 'Services', Show: GraphView },
  durations: { title: 'Durations', Show: HeatView },
  block: { title: 'Block', isInner: true, Show: BlockView },
  cluster: { title: 'Cluster', isOf: 'cluster', Show: ClusterView },
}

function Page() {
  const [place, setPlace] = useState(readPlace)
  useEffect(() => {
    const follow = () => setPlace(readPlace())
    addEventListener('hashchange', follow)
    addEventListener('keydown', steer)
    return () => {
      removeEventListener('hashchange', follow)
      removeEventListener('keydown', steer)
    }
  }, [])
  useEffect(() => {
    document.title = `${place.view === 'trace' ? place.trace.slice(0, 8) : views[place.view].title} · Traces`
  }, [place])
  const go = (next: Partial<Place>) => {
    location.hash = hrefOf(next)
  }
  const { value: status } = usePolled(getStatus, 10, '')
  const linked = linkedIn(status)
  const { Show } = views[place.view]
  return (
    <>
      <header>
        <b>Traces</b>
        <nav aria-label="Views">
          {linked.map(([view, { title }], i) => (
            <a
              key={view}
              id={`view-${i + 1}`}
              href={hrefOf({ ...place, view, trace: '', span: '', block: '' })}
              aria-current={place.view === view ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <TenantChoice tenant={place.tenant} onChange={tenant => go({ ...place, tenant })} />
        <span class="keys">
          <kbd>1</kbd>–<kbd>{linked.length}</kbd> views <kbd>t</kbd> tenant <kbd>/</kbd> query <kbd>b</kbd> builder{' '}
          <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>Esc</kbd> back
        </span>
      </header>
      <Show place={place} go={go} />
    </>
  )
}

/** The views that are linked at the top; those of a store until it is known what the server is. */
function linkedIn(status: Status | undefined): [Place['view'], View][] {
  const other = status?.roles === undefined ? 'cluster' : 'store'
  const shown = Object.entries(views).filter(([, { isInner, isOf }]) => !isInner && isOf !== other)
  return shown as [Place['view'], View][]
}

/** Whose spans are shown, where there is a choice. */
function TenantChoice({ tenant, onChange }: { tenant: string; onChange(tenant: string): void }) {
  const { value = [] } = usePolled(getTenants, 10, '')
  const known = value.map(one => one.tenant)
  const names = tenant === '' || known.includes(tenant) ? known : [...known, tenant]
  if (names.length < 2 && tenant === '') return null
  return (
    <label class="tenant">
      Tenant{' '}
      <select id="tenant" value={tenant} onChange={event => onChange(event.currentTarget.value)}>
        <option value="">none named</option>
        {names.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Keys that work wherever nobody types. */
function steer(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const typed = [HTMLTextAreaElement, HTMLInputElement, HTMLSelectElement]
  const isTyping = typed.some(kind => event.target instanceof kind)
  if (event.key === 'Escape') {
    if (isTyping) (event.target as HTMLElement).blur()
    else document.getElementById('back')?.click()
  } else if (isTyping) return
  else if (event.key === '/') document.getElementById('query')?.focus()
  else if (event.key === 'b') openBuilder()
  else if (event.key === 't') document.getElementById('tenant')?.focus()
  else if (/^[1-9]$/.test(event.key)) document.getElementById(`view-${event.key}`)?.click()
  else if (event.key === 'x') markRow()
  else if (event.key === 'c') document.getElementById('compare')?.click()
  else if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1)
  else return
  event.preventDefault()
}

function openBuilder(): void {
  const builder = document.getElementById('builder')
  builder?.setAttribute('open', '')
  builder?.querySelector('input')?.focus()
}

/** Marks the row that has the focus, or takes its mark away. */
function markRow(): void {
  const row = document.activeElement?.closest('a.row')?.closest('tr')
  row?.querySelector<HTMLElement>('input[type="checkbox"]')?.click()
}

function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('a.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus()
}

render(<Page />, document.body)
