import type { Range } from '../../bytes/range.ts'
import type { LivePiece } from './answer.ts'

/** Rows of a tenant, those of offsets from `start` up to `end`. */
export interface CutRange {
  readonly start: number
  readonly end: number
  readonly rows: Range
  /** Undefined where its rows are in no piece yet. */
  readonly cut: Cut | undefined
}

export interface Cut {
  /** With its rows; undefined where each of them is equal to one before. */
  readonly piece: LivePiece | undefined
  /** How often its rows were joined. */
  readonly level: number
}

/** So many pieces of a size become one of the next size: a span is written two or three times. */
export const joinCount = 8

/** Of what has no rows; each is one of its own. */
function noRows(): Cut {
  return { piece: undefined, level: 0 }
}

/** The ranges of no rows yet. */
export function noRanges(start: number): CutRange[] {
  return [{ start, end: start, rows: { start: 0, end: 0 }, cut: noRows() }]
}

/** The ranges with all rows up to `rowCount`, and all offsets up to `end`. */
export function extendTo(ranges: readonly CutRange[], end: number, rowCount: number): CutRange[] {
  const last = ranges.at(-1)!
  if (last.rows.end === rowCount) return ranges.with(-1, { ...last, end })
  return [...ranges, { start: last.end, end, rows: { start: last.rows.end, end: rowCount }, cut: undefined }]
}

/** The ranges with a border at an offset before which there are `row` rows; those of a piece with rows on both sides are uncut. */
export function splitAt(ranges: readonly CutRange[], offset: number, row: number): CutRange[] {
  return ranges.flatMap(range => {
    const { start, end, rows, cut } = range
    if (offset <= start || offset >= end) return [range]
    const [left, right] = [
      { start, end: offset, rows: { start: rows.start, end: row } },
      { start: offset, end, rows: { start: row, end: rows.end } },
    ]
    const isLeft = row === rows.end
    return [
      { ...left, cut: row === rows.start ? noRows() : isLeft ? cut : undefined },
      { ...right, cut: isLeft ? noRows() : row === rows.start ? cut : undefined },
    ]
  })
}

/** The ranges with those as one that are in no piece, follow each other and begin at an offset or after it. */
export function mergeUncut(ranges: readonly CutRange[], from: number): CutRange[] {
  const merged: CutRange[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    if (last && last.start >= from && last.cut === undefined && range.cut === undefined)
      merged[merged.length - 1] = together([last, range])
    else merged.push(range)
  }
  return merged
}

/** The ranges with neighbours as one that is cut; undefined where they are not as they were. */
export function withCut(ranges: readonly CutRange[], olds: readonly CutRange[], cut: Cut): CutRange[] | undefined {
  const isSame = (a: CutRange | undefined, b: CutRange) => a === b || (a?.cut !== undefined && a.cut === b.cut)
  const first = ranges.findIndex(range => isSame(range, olds[0]!))
  if (first < 0 || !olds.every((old, i) => isSame(ranges[first + i], old))) return undefined
  const now = ranges.slice(first, first + olds.length)
  return ranges.toSpliced(first, olds.length, { ...together(now), cut })
}

/** Neighbours of one size from an offset on that are to become one of at most `maxRows`; undefined where none are. */
export function joinable(ranges: readonly CutRange[], from: number, maxRows: number): CutRange[] | undefined {
  for (let first = 0; first + joinCount <= ranges.length; first++) {
    const some = ranges.slice(first, first + joinCount)
    const { start, rows, cut } = some[0]!
    const isOneSize = some.every(range => range.cut !== undefined && range.cut.level === cut?.level)
    if (isOneSize && start >= from && some.at(-1)!.rows.end - rows.start <= maxRows) return some
  }
  return undefined
}

/** Neighbours as one that is in no piece. */
export function together(ranges: readonly CutRange[]): CutRange {
  const [first, last] = [ranges[0]!, ranges.at(-1)!]
  return {
    start: first.start,
    end: last.end,
    rows: { start: first.rows.start, end: last.rows.end },
    cut: undefined,
  }
}
