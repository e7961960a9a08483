import { useMemo, useRef, useState } from 'preact/hooks'
import { findSpans, nextOf } from './find.ts'
import { Minimap } from './minimap.tsx'
import { SpanDetails } from './span-details.tsx'
import { SpanRow } from './span-row.tsx'
import type { Row, Tree } from './span-tree.ts'
import { duration } from './text.ts'
import { FoldButtons, TreeList } from './tree-list.tsx'
import { type TreeState, useTree } from './tree-state.ts'
import { whole } from './window.ts'

interface Props {
  tree: Tree
  label: string
  /** The index of the row that is chosen at first. */
  first?: number
}

/** A trace as bars over time, below a picture of all of it. */
export function Waterfall({ tree, label, first = 0 }: Props) {
  const rows = useTree(tree.rows, first)
  const [window, setWindow] = useState(whole)
  const [isOpen, setOpen] = useState(first > 0)
  const [text, setText] = useState('')
  const found = useMemo(() => findSpans(tree.rows, text), [tree, text])
  const isFound = useMemo(() => new Set(found), [found])
  const [from, to] = [window.from * tree.length, window.to * tree.length]
  return (
    <>
      <Minimap tree={tree} window={window} onChange={setWindow} />
      <div class="tools">
        <Find text={text} found={found} rows={rows} onChange={setText} />
        <FoldButtons tree={rows} />{' '}
        <button type="button" disabled={window === whole} onClick={() => setWindow(whole)}>
          All of its time
        </button>
      </div>
      <div class={isOpen ? 'trace open' : 'trace'}>
        <div>
          <Axis from={from} to={to} />
          <TreeList
            label={label}
            tree={rows}
            onOpen={() => setOpen(true)}
            classOf={row => `span${row.isFailed ? ' failed' : ''}${isFound.has(row.index) ? ' found' : ''}`}
            show={row => <SpanRow row={row} tree={rows} from={from} to={to} />}
          />
        </div>
        {isOpen && rows.chosen && <SpanDetails row={rows.chosen} onClose={() => setOpen(false)} />}
      </div>
    </>
  )
}

/** The times of the bars below it. */
function Axis({ from, to }: { from: number; to: number }) {
  return (
    <div class="axis" aria-hidden="true">
      {[0, 0.25, 0.5, 0.75].map(share => (
        <span key={share}>{duration(from + share * (to - from))}</span>
      ))}
    </div>
  )
}

interface FindProps {
  text: string
  found: readonly number[]
  rows: TreeState<Row>
  onChange(text: string): void
}

/** Searches within the trace; Enter goes to the next span that is found, with Shift to the one before. */
function Find({ text, found, rows, onChange }: FindProps) {
  const box = useRef<HTMLInputElement>(null)
  const at = rows.chosen?.index ?? 0
  const go = (isBack: boolean) => {
    const next = nextOf(found, at, isBack)
    if (next !== undefined) rows.choose(next)
  }
  return (
    <>
      <input
        ref={box}
        id="query"
        type="search"
        aria-label="Find spans in this trace"
        placeholder="Find in this trace"
        value={text}
        onInput={event => onChange(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') go(event.shiftKey)
        }}
      />{' '}
      {text.trim() !== '' && (
        <>
          <span role="status">
            {found.includes(at) ? `${found.indexOf(at) + 1} of ` : ''}
            {found.length} found
          </span>{' '}
          <button type="button" aria-label="Span found before" onClick={() => go(true)}>
            ↑
          </button>{' '}
          <button type="button" aria-label="Next span found" onClick={() => go(false)}>
            ↓
          </button>{' '}
        </>
      )}
    </>
  )
}
