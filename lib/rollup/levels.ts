/** The widths of intervals, the finest first; each divides the next. */
export const levels: readonly { readonly name: string; readonly seconds: number }[] = [
  { name: '1 s', seconds: 1 },
  { name: '1 min', seconds: 60 },
  { name: '1 h', seconds: 3600 },
]

/** Intervals `[first, end)` of a level. */
export interface Piece {
  readonly level: number
  readonly first: number
  readonly end: number
}

/** The fewest intervals that hold the seconds `[first, end)` and nothing else. */
export function planLevels(first: number, end: number, level: number = levels.length - 1): Piece[] {
  if (first >= end) return []
  const { seconds } = levels[level]!
  const own = { level, first: Math.ceil(first / seconds), end: Math.floor(end / seconds) }
  if (level === 0) return [own]
  if (own.first >= own.end) return planLevels(first, end, level - 1)
  return [...planLevels(first, own.first * seconds, level - 1), own, ...planLevels(own.end * seconds, end, level - 1)]
}
