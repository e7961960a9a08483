import { useMemo, useState } from 'preact/hooks'
import { ancestorsOf, type TreeRow, unfolded } from './tree-rows.ts'

/** Which rows of a tree are shown, and which one is chosen. */
export interface TreeState<T extends TreeRow> {
  rows: readonly T[]
  /** Those that are not below a folded one. */
  shown: readonly T[]
  folded: ReadonlySet<number>
  chosen: T | undefined
  /** The place of the chosen row among those shown. */
  at: number
  /** Chooses a row by its index among all rows; what it is below is unfolded. */
  choose(index: number): void
  fold(row: TreeRow, isFolded: boolean): void
  foldAll(isFolded: boolean): void
}

/** A tree in which `first` is chosen, nothing is folded. */
export function useTree<T extends TreeRow>(rows: readonly T[], first = 0): TreeState<T> {
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const [index, setIndex] = useState(first)
  const shown = useMemo(() => unfolded(rows, folded), [rows, folded])
  const at = useMemo(
    () =>
      Math.max(
        0,
        shown.findLastIndex(row => row.index <= index),
      ),
    [shown, index],
  )
  const setEach = (changed: readonly number[], isFolded: boolean) => {
    const next = new Set(folded)
    for (const one of changed) {
      if (isFolded) next.add(one)
      else next.delete(one)
    }
    setFolded(next)
  }
  return {
    rows,
    shown,
    folded,
    chosen: shown[at],
    at,
    choose: next => {
      setIndex(next)
      const above = ancestorsOf(rows, next)
      if (above.some(one => folded.has(one))) setEach(above, false)
    },
    fold: (row, isFolded) => {
      if (row.childCount > 0) setEach([row.index], isFolded)
    },
    foldAll: isFolded =>
      setFolded(isFolded ? new Set(rows.flatMap(row => (row.childCount > 0 ? [row.index] : []))) : new Set()),
  }
}
