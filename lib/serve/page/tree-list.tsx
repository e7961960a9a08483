import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TreeRow } from './tree-rows.ts'
import type { TreeState } from './tree-state.ts'

interface Props<T extends TreeRow> {
  label: string
  tree: TreeState<T>
  onOpen?(): void
  classOf?(row: T): string
  show(row: T): ComponentChildren
}

const rowHeight = 24
/** Rows that are drawn above and below those in sight, and after how many scrolled ones they are drawn anew. */
const [spare, step] = [30, 10]

/** The rows of a tree that are in sight, of any number, by the keys of a tree. */
export function TreeList<T extends TreeRow>({ label, tree, onOpen, classOf, show }: Props<T>) {
  const [first, setFirst] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const { shown, chosen, at } = tree
  useLayoutEffect(() => takeFocus(list.current), [tree.rows])
  useLayoutEffect(() => bringIntoSight(list.current, at), [at, shown])
  const height = list.current?.clientHeight || 600
  const from = Math.max(0, first - spare)
  const drawn = shown.slice(from, first + Math.ceil(height / rowHeight) + spare)
  return (
    <div
      ref={list}
      class="tree"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={chosen && `${id}-${chosen.index}`}
      onKeyDown={event => {
        if (event.ctrlKey || event.metaKey || event.altKey || !steerTree(tree, event.key, onOpen)) return
        event.preventDefault()
        event.stopPropagation()
      }}
      onScroll={({ currentTarget }) => setFirst(Math.floor(currentTarget.scrollTop / rowHeight / step) * step)}
    >
      <div class="rows" style={{ height: `${shown.length * rowHeight}px` }}>
        {drawn.map((row, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the tree, which has the focus
          <div
            key={row.index}
            id={`${id}-${row.index}`}
            role="treeitem"
            tabIndex={-1}
            aria-level={row.depth + 1}
            aria-selected={row === chosen}
            aria-expanded={row.childCount > 0 ? !tree.folded.has(row.index) : undefined}
            class={classOf?.(row)}
            style={{ transform: `translateY(${(from + i) * rowHeight}px)` }}
            onClick={() => {
              tree.choose(row.index)
              onOpen?.()
            }}
          >
            {show(row)}
          </div>
        ))}
      </div>
    </div>
  )
}

/** The mark by which a row is folded, as deep as the row is. */
export function FoldMark({ row, tree }: { row: TreeRow; tree: TreeState<TreeRow> }) {
  const isFolded = tree.folded.has(row.index)
  return (
    <span
      class="fold"
      aria-hidden="true"
      style={{ marginLeft: `${Math.min(row.depth, 24) * 12}px` }}
      onClick={event => {
        event.stopPropagation()
        tree.fold(row, !isFolded)
      }}
    >
      {row.childCount === 0 ? '' : isFolded ? '▸' : '▾'}
    </span>
  )
}

/** Buttons that fold and unfold all rows. */
export function FoldButtons({ tree }: { tree: TreeState<TreeRow> }) {
  return (
    <>
      <button type="button" onClick={() => tree.foldAll(true)}>
        Collapse all
      </button>{' '}
      <button type="button" onClick={() => tree.foldAll(false)}>
        Expand all
      </button>
    </>
  )
}

/** Where nothing else has the focus, the keys are those of a tree. */
function takeFocus(host: HTMLDivElement | null): void {
  if (document.activeElement === document.body) host?.focus({ preventScroll: true })
}

function bringIntoSight(host: HTMLDivElement | null, at: number): void {
  if (host === null) return
  const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight]
  if (top < host.scrollTop) host.scrollTop = top
  else if (bottom > host.scrollTop + host.clientHeight) host.scrollTop = bottom - host.clientHeight
}

/** Does what a key means to a tree; false where it means nothing. */
function steerTree(tree: TreeState<TreeRow>, key: string, onOpen?: () => void): boolean {
  const { shown, chosen, at, folded } = tree
  if (chosen === undefined) return false
  const moves: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20 }
  const isOpen = chosen.childCount > 0 && !folded.has(chosen.index)
  const goTo = (place: number) => tree.choose(shown[Math.max(0, Math.min(shown.length - 1, place))]!.index)
  if (moves[key] !== undefined) goTo(at + moves[key])
  else if (key === 'Home') goTo(0)
  else if (key === 'End') goTo(shown.length - 1)
  else if (key === 'ArrowLeft' && isOpen) tree.fold(chosen, true)
  else if (key === 'ArrowLeft' && chosen.parent >= 0) tree.choose(chosen.parent)
  else if (key === 'ArrowRight' && isOpen) goTo(at + 1)
  else if (key === 'ArrowRight') tree.fold(chosen, false)
  else if ((key === 'Enter' || key === ' ') && onOpen !== undefined) onOpen()
  else return false
  return true
}
