import 'uplot/dist/uPlot.min.css'
import './page.css'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { hrefOf, type Place, readPlace } from './place.ts'
import { SearchView } from './search-view.tsx'
import { StoreView } from './store-view.tsx'
import { TraceView } from './trace-view.tsx'

const titles: Record<Place['view'], string> = { search: 'Search', trace: 'Trace', store: 'Store' }

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
    document.title = `${place.view === 'trace' ? place.trace.slice(0, 8) : titles[place.view]} · Traces`
  }, [place])
  const go = (next: Partial<Place>) => {
    location.hash = hrefOf(next)
  }
  return (
    <>
      <header>
        <b>Traces</b>
        <nav aria-label="Views">
          <a
            href={hrefOf({ ...place, view: 'search', trace: '' })}
            aria-current={place.view === 'search' ? 'page' : undefined}
          >
            Search
          </a>
          <a href={hrefOf({ ...place, view: 'store' })} aria-current={place.view === 'store' ? 'page' : undefined}>
            Store
          </a>
        </nav>
        <span class="keys">
          <kbd>/</kbd> query <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>Esc</kbd> back
        </span>
      </header>
      {place.view === 'search' && <SearchView place={place} go={go} />}
      {place.view === 'trace' && <TraceView place={place} />}
      {place.view === 'store' && <StoreView />}
    </>
  )
}

/** Keys that work wherever nobody types. */
function steer(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const isTyping = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLSelectElement
  if (event.key === 'Escape') {
    if (isTyping) (event.target as HTMLElement).blur()
    else document.getElementById('back')?.click()
  } else if (isTyping) return
  else if (event.key === '/') document.getElementById('query')?.focus()
  else if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1)
  else return
  event.preventDefault()
}

function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('a.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus()
}

render(<Page />, document.body)
