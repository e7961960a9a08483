/** Members (the spans of traces, the events of spans) in the order of their owners. */

/** By owner its first member, and at the end their number; `counts` are the members by owner. */
export function startsOf(counts: ArrayLike<number>): Uint32Array {
  const starts = new Uint32Array(counts.length + 1)
  for (let owner = 0; owner < counts.length; owner++) starts[owner + 1] = starts[owner]! + counts[owner]!
  return starts
}

/** By member the row of its owner. */
export function ownersOf(starts: Uint32Array): Uint32Array {
  const owners = new Uint32Array(starts.at(-1)!)
  for (let owner = 0; owner + 1 < starts.length; owner++) owners.fill(owner, starts[owner]!, starts[owner + 1]!)
  return owners
}
