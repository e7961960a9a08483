import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { get, type ResourceSpans } from './api.ts'
import { hrefOf, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import { SpanDetails } from './span-details.tsx'
import { type Row, type Tree, treeOf } from './span-tree.ts'
import { colourOf, duration, plural, time } from './text.ts'

interface State {
  tree?: Tree
  problem?: string
}

/** One trace as a waterfall. */
export function TraceView({ place }: { place: Place }) {
  const [state, setState] = useState<State>({})
  const { trace } = place
  useEffect(() => {
    const hangUp = new AbortController()
    setState({})
    get<{ trace: { resourceSpans?: ResourceSpans[] } }>(
      `api/v2/traces/${encodeURIComponent(trace)}`,
      {},
      hangUp.signal,
    ).then(
      answer => {
        const tree = treeOf(answer.trace.resourceSpans ?? [])
        setState(tree.rows.length > 0 ? { tree } : { problem: `Trace ${trace} is not here.` })
      },
      (error: Error) => {
        if (!hangUp.signal.aborted) setState({ problem: error.message })
      },
    )
    return () => hangUp.abort()
  }, [trace, place.tenant])
  return (
    <main>
      <p>
        <a href={hrefOf({ ...place, view: 'search', trace: '' })} id="back">
          ← Search
        </a>
      </p>
      <Problem text={state.problem} />
      {state.tree !== undefined && <Waterfall tree={state.tree} traceId={trace} />}
    </main>
  )
}

const rowHeight = 24
/** Rows that are drawn above and below those in sight. */
const spare = 20

/** Draws the rows in sight: a trace may have any number. */
function Waterfall({ tree, traceId }: { tree: Tree; traceId: string }) {
  const [folded, setFolded] = useState<ReadonlySet<Row>>(new Set())
  const [chosen, setChosen] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const [top, setTop] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => list.current?.focus(), [])
  const rows = useMemo(() => unfolded(tree.rows, folded), [tree, folded])
  const height = list.current?.clientHeight || 600
  const from = Math.max(0, Math.floor(top / rowHeight) - spare)
  const shown = rows.slice(from, Math.ceil((top + height) / rowHeight) + spare)
  const choose = (at: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at))
    setChosen(next)
    const host = list.current
    if (host === null) return
    if (next * rowHeight < host.scrollTop) host.scrollTop = next * rowHeight
    if ((next + 1) * rowHeight > host.scrollTop + host.clientHeight)
      host.scrollTop = (next + 1) * rowHeight - host.clientHeight
  }
  const fold = (row: Row, isFolded: boolean) => {
    const next = new Set(folded)
    if (isFolded) next.add(row)
    else next.delete(row)
    setFolded(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[chosen]!
    if (event.key === 'ArrowDown' || event.key === 'j') choose(chosen + 1)
    else if (event.key === 'ArrowUp' || event.key === 'k') choose(chosen - 1)
    else if (event.key === 'PageDown') choose(chosen + 20)
    else if (event.key === 'PageUp') choose(chosen - 20)
    else if (event.key === 'Home') choose(0)
    else if (event.key === 'End') choose(rows.length - 1)
    else if (event.key === 'ArrowLeft') fold(row, true)
    else if (event.key === 'ArrowRight') fold(row, false)
    else if (event.key === 'Enter' || event.key === ' ') setOpen(!isOpen)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const failedCount = tree.rows.filter(({ isFailed }) => isFailed).length
  return (
    <>
      <h1>
        {tree.rows[0]!.service} {tree.rows[0]!.span.name}
      </h1>
      <p>
        {traceId}, {time(tree.startNanos)}, {duration(tree.length)}, {plural(tree.rows.length, 'span')} of{' '}
        {plural(tree.services.length, 'service')}
        {failedCount > 0 && <b class="failed">, {failedCount} failed</b>}
      </p>
      <div class={isOpen ? 'trace open' : 'trace'}>
        <div
          ref={list}
          class="waterfall"
          role="tree"
          aria-label="Spans"
          tabIndex={0}
          aria-activedescendant={`span-${rows[chosen]?.index}`}
          onKeyDown={onKeyDown}
          onScroll={event => setTop(event.currentTarget.scrollTop)}
        >
          <div style={{ height: `${rows.length * rowHeight}px`, position: 'relative' }}>
            {shown.map((row, i) => (
              <SpanRow
                key={row.index}
                row={row}
                at={from + i}
                length={tree.length}
                isChosen={from + i === chosen}
                isFolded={folded.has(row)}
                onChoose={() => {
                  choose(from + i)
                  setOpen(true)
                }}
                onFold={() => fold(row, !folded.has(row))}
              />
            ))}
          </div>
        </div>
        {isOpen && <SpanDetails row={rows[chosen]!} onClose={() => setOpen(false)} />}
      </div>
    </>
  )
}

/** The rows that are not below a folded one. */
function unfolded(rows: readonly Row[], folded: ReadonlySet<Row>): Row[] {
  const left: Row[] = []
  for (let i = 0; i < rows.length; i++) {
    left.push(rows[i]!)
    if (folded.has(rows[i]!)) i += rows[i]!.below
  }
  return left
}

interface RowProps {
  row: Row
  at: number
  length: number
  isChosen: boolean
  isFolded: boolean
  onChoose(): void
  onFold(): void
}

function SpanRow({ row, at, length, isChosen, isFolded, onChoose, onFold }: RowProps) {
  const { span, depth, service, childCount, isFailed } = row
  const left = (100 * row.start) / length
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the tree, which has the focus
    <div
      id={`span-${row.index}`}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-selected={isChosen}
      aria-expanded={childCount > 0 ? !isFolded : undefined}
      class={isFailed ? 'span failed' : 'span'}
      style={{ top: `${at * rowHeight}px`, height: `${rowHeight}px` }}
      onClick={onChoose}
    >
      <span class="name" style={{ paddingLeft: `${Math.min(depth, 24) * 12}px` }}>
        <span
          class="fold"
          aria-hidden="true"
          onClick={event => {
            event.stopPropagation()
            onFold()
          }}
        >
          {childCount === 0 ? '' : isFolded ? '▸' : '▾'}
        </span>
        <i style={{ background: colourOf(service) }} /> <b>{service}</b> {span.name}
      </span>
      <span class="time">
        <span
          class="bar"
          style={{
            left: `${left}%`,
            width: `max(2px, ${(100 * Math.max(0, row.length)) / length}%)`,
            background: colourOf(service),
          }}
        />
        <span class="length" style={left > 70 ? { right: `${100 - left}%` } : { left: `${left}%` }}>
          {duration(row.length)}
        </span>
      </span>
    </div>
  )
}
