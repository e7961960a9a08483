import { firstWhere } from '../../bytes/search.ts'
import type { PooledText, Run, TextPool } from './text-pool.ts'

/** A stretch of the pool with its place in the order of owners; what several owners use comes first, as owner -1. */
interface Piece extends Run {
  readonly owner: number
}

/** The texts of a column, and whose each is. */
export interface OwnedTexts {
  readonly texts: readonly PooledText[]
  readonly owners: ArrayLike<number>
}

const shared = -1

/** The bytes of a pool in the order of their owners, and the texts as runs of these. */
export interface ArrangedPool {
  readonly bytes: Buffer
  /** Where the bytes of an owner begin, or of what is shared; ascending. */
  readonly borders: readonly number[]
  readonly sharedLength: number
  readonly columns: readonly PooledText[][]
}

/** Puts the bytes of each owner together, so that who reads the texts of one reads little else. */
export function arrangePool(pool: TextPool, columns: readonly OwnedTexts[]): ArrangedPool {
  const pieces = piecesOf(pool, columns)
  const order = [...pieces.keys()].sort((a, b) => pieces[a]!.owner - pieces[b]!.owner || a - b)
  const places = new Float64Array(pieces.length)
  const view = pool.view()
  const bytes = Buffer.allocUnsafe(view.length)
  const borders: number[] = []
  let [at, owner, sharedLength] = [0, Number.NaN, 0]
  for (const index of order) {
    const piece = pieces[index]!
    if (piece.owner !== owner) borders.push(at)
    owner = piece.owner
    if (owner === shared) sharedLength += piece.length
    places[index] = at
    at += view.copy(bytes, at, piece.offset, piece.offset + piece.length)
  }
  const move = (text: PooledText) => ({ dropped: text.dropped, runs: moveRuns(text.runs, pieces, places) })
  return { bytes, borders, sharedLength, columns: columns.map(({ texts }) => texts.map(move)) }
}

/** The whole pool in stretches that are of one owner each. */
function piecesOf({ stretches, byteLength }: TextPool, columns: readonly OwnedTexts[]): Piece[] {
  const cuts = sharedIntervals(stretches, byteLength, columns)
  const pieces: Piece[] = []
  let cut = 0
  const add = (offset: number, end: number, owner: number) => {
    if (offset < end) pieces.push({ offset, length: end - offset, owner })
  }
  for (const [i, { offset, owner }] of stretches.entries()) {
    const end = stretches[i + 1]?.offset ?? byteLength
    let at = offset
    while (cut < cuts.length && cuts[cut]!.offset < end) {
      const start = Math.max(at, cuts[cut]!.offset)
      const stop = Math.min(end, cuts[cut]!.offset + cuts[cut]!.length)
      add(at, start, owner)
      add(start, stop, shared)
      at = stop
      if (cuts[cut]!.offset + cuts[cut]!.length > end) break
      cut++
    }
    add(at, end, owner)
  }
  return pieces
}

/** What texts of others use of the owners' stretches, ascending and apart. */
function sharedIntervals(stretches: TextPool['stretches'], byteLength: number, columns: readonly OwnedTexts[]): Run[] {
  const uses: Run[] = []
  for (const { texts, owners } of columns)
    for (const [row, { runs }] of texts.entries())
      for (const { offset, length } of runs) {
        let i = firstWhere(stretches.length, at => stretches[at]!.offset > offset) - 1
        for (; i < stretches.length && stretches[i]!.offset < offset + length; i++) {
          if (stretches[i]!.owner === owners[row]) continue
          const start = Math.max(offset, stretches[i]!.offset)
          const end = Math.min(offset + length, stretches[i + 1]?.offset ?? byteLength)
          if (start < end) uses.push({ offset: start, length: end - start })
        }
      }
  return joined(uses.sort((a, b) => a.offset - b.offset))
}

function joined(runs: readonly Run[]): Run[] {
  const apart: { offset: number; length: number }[] = []
  for (const { offset, length } of runs) {
    const last = apart.at(-1)
    if (last && offset <= last.offset + last.length) last.length = Math.max(last.length, offset + length - last.offset)
    else apart.push({ offset, length })
  }
  return apart
}

/** The runs where their bytes are now; those that touch become one. */
function moveRuns(runs: readonly Run[], pieces: readonly Piece[], places: Float64Array): Run[] {
  const moved: { offset: number; length: number }[] = []
  for (const { offset, length } of runs) {
    let i = firstWhere(pieces.length, at => pieces[at]!.offset > offset) - 1
    for (let at = offset; at < offset + length; i++) {
      const piece = pieces[i]!
      const end = Math.min(offset + length, piece.offset + piece.length)
      const place = places[i]! + at - piece.offset
      const last = moved.at(-1)
      if (last && last.offset + last.length === place) last.length += end - at
      else moved.push({ offset: place, length: end - at })
      at = end
    }
  }
  return moved
}
