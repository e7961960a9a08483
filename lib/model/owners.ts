import { words } from '../bytes/arena.ts'

/** Members (the spans of traces, the events of spans) in the order of their owners. */

/** By owner its first member, and at the end their number; `counts` are the members by owner. */
export function startsOf(counts: ArrayLike<number>): Uint32Array {
  const starts = words(counts.length + 1)
  starts[0] = 0
  for (let owner = 0; owner < counts.length; owner++) starts[owner + 1] = starts[owner]! + counts[owner]!
  return starts
}

/** By member the row of its owner. */
export function ownersOf(starts: Uint32Array): Uint32Array {
  const owners = words(starts.at(-1)!)
  for (let owner = 0, member = 0; owner + 1 < starts.length; owner++)
    for (const end = starts[owner + 1]!; member < end; member++) owners[member] = owner
  return owners
}
