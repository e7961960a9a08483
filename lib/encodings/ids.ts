import { spanIdDigits, traceIdDigits } from '../model/trace.ts'
import { isNoSpanId } from '../model/trace-id.ts'
import type { Fail } from './counts.ts'

/** How a trace id is encoded. */
export const traceKind = { whole: 0, padded: 1, odd: 2 } as const

/** The first half of a padded trace id. */
export const zeros: string = '0'.repeat(traceIdDigits - spanIdDigits)

export function traceKindOf(id: string): number {
  if (id.length !== traceIdDigits) return traceKind.odd
  return id.startsWith(zeros) ? traceKind.padded : traceKind.whole
}

/** True for lower-case hex of whole bytes, at most `maxDigits` of it. */
function isId(id: string, maxDigits: number): boolean {
  if (id.length > maxDigits || id.length % 2 === 1) return false
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
  }
  return true
}

/** Refuses ids that are not lower-case hex of whole bytes, at most `maxDigits` of it. */
export function checkIds(ids: readonly string[], maxDigits: number, fail: Fail): void {
  const at = ids.findIndex(id => !isId(id, maxDigits))
  if (at >= 0) fail(`row ${at} is not an id`)
}

/** How many trace ids are whole, odd, and anything but odd. */
export function countTraceIdKinds(kinds: Uint32Array): { whole: number; even: number; odd: number } {
  const counts = [0, 0, 0]
  for (const kind of kinds) counts[kind]!++
  const [whole, odd] = [counts[traceKind.whole]!, counts[traceKind.odd]!]
  return { whole, even: kinds.length - odd, odd }
}

/** Trace ids of their parts: each function gives the next of its kind. */
export function joinTraceIds(
  kinds: Uint32Array,
  next: { high: (i: number) => string; low: (i: number) => string; odd: (i: number) => string },
  fail: Fail,
): string[] {
  let [high, low, odd] = [0, 0, 0]
  const ids = Array.from(kinds, kind => {
    if (kind === traceKind.odd) return next.odd(odd++)
    return (kind === traceKind.whole ? next.high(high++) : zeros) + next.low(low++)
  })
  checkIds(ids, traceIdDigits, fail)
  return ids
}

/** How a span id is encoded, a span's own or its parent's. */
export const spanKind = { random: 0, tail: 1, repeated: 2, odd: 3 } as const

/** What is known of ids by row, in the order of the rows. */
export interface IdRows {
  /** The id of the span's trace. */
  readonly traceIds: (row: number) => string
  /** By row: where it changes, ids may repeat. */
  readonly groups: Uint32Array
}

/** Split span ids. */
export interface SpanIdParts {
  /** By row: 0 is in `random`, 1 the last 16 digits of its trace's id, 2 the same as an earlier row, 3 is in `odd`. */
  readonly kinds: Uint32Array
  /** How many rows before, of kind 2. */
  readonly distances: Float64Array
  readonly random: readonly string[]
  readonly odd: readonly string[]
}

/**
 * Separates ids that end the trace's id, those that occur earlier in the same trace, and those of another length or of zeros.
 * `mayRepeat` is false if no id repeats in a trace. Rows of `isOdd` are in `odd` where they would be in `random`.
 */
export function splitSpanIds(
  ids: readonly string[],
  rows: IdRows,
  mayRepeat = true,
  isOdd?: (row: number) => boolean,
): SpanIdParts {
  const kinds = new Uint32Array(ids.length)
  const distances: number[] = []
  const random: string[] = []
  const odd: string[] = []
  const before = new Map<string, number>()
  for (const [row, id] of ids.entries()) {
    let earlier: number | undefined
    if (mayRepeat) {
      if (row > 0 && rows.groups[row] !== rows.groups[row - 1]) before.clear()
      earlier = before.get(id)
      if (earlier === undefined) before.set(id, row)
      else distances.push(row - earlier)
    }
    const found = kindOf(id, rows.traceIds(row), earlier !== undefined)
    const kind = found === spanKind.random && isOdd?.(row) ? spanKind.odd : found
    kinds[row] = kind
    if (kind === spanKind.random) random.push(id)
    else if (kind === spanKind.odd) odd.push(id)
  }
  return { kinds, distances: Float64Array.from(distances), random, odd }
}

/** Ids as numbers of 64 bits in two halves each. */
export interface WholeIds {
  readonly halves: Uint32Array
  /** By row: the ids that are not such numbers. */
  readonly others: ReadonlyMap<number, string>
}

/** The same as `splitSpanIds` where none repeats; `ends` has the last 64 bits of the trace's id, in halves, by group. */
export function splitWholeIds({ halves, others }: WholeIds, ends: Uint32Array, groups: Uint32Array) {
  const kinds = new Uint32Array(groups.length)
  const random = new Uint32Array(halves.length)
  const odd: string[] = []
  let count = 0
  for (let row = 0; row < kinds.length; row++) {
    const [high, low] = [halves[2 * row]!, halves[2 * row + 1]!]
    const end = 2 * groups[row]!
    if (high === 0 && low === 0) {
      kinds[row] = spanKind.odd
      odd.push(others.get(row) ?? zeros)
    } else if (low === ends[end + 1] && high === ends[end]) kinds[row] = spanKind.tail
    else {
      random[count++] = high
      random[count++] = low
    }
  }
  return { kinds, random: random.subarray(0, count), odd }
}

/** How many ids each part holds. */
export function countSpanIdKinds(kinds: Uint32Array): { random: number; repeated: number; odd: number } {
  const counts = new Uint32Array(4)
  for (let row = 0; row < kinds.length; row++) counts[kinds[row]!]!++
  return { random: counts[spanKind.random]!, repeated: counts[spanKind.repeated]!, odd: counts[spanKind.odd]! }
}

/** Joins ids that were split. */
export function joinSpanIds({ kinds, distances, random, odd }: SpanIdParts, rows: IdRows, fail: Fail): string[] {
  let [repeat, next, nextOdd] = [0, 0, 0]
  const ids = new Array<string>(kinds.length)
  for (let row = 0; row < kinds.length; row++) {
    const kind = kinds[row]!
    if (kind === spanKind.random) ids[row] = random[next++]!
    else if (kind === spanKind.tail) ids[row] = rows.traceIds(row).slice(spanIdDigits)
    else if (kind === spanKind.odd) ids[row] = odd[nextOdd++]!
    else {
      const from = row - distances[repeat++]!
      const id = from < row ? ids[from] : undefined
      const isThere = id !== undefined && rows.groups[from] === rows.groups[row]
      ids[row] = isThere ? id : fail(`row ${row} repeats a row that does not exist`)
    }
  }
  checkIds(ids, spanIdDigits, fail)
  return ids
}

function kindOf(id: string, traceId: string, isRepeated: boolean): number {
  if (isRepeated) return spanKind.repeated
  if (id.length !== spanIdDigits || isNoSpanId(id)) return spanKind.odd
  return traceId.length === traceIdDigits && traceId.endsWith(id) ? spanKind.tail : spanKind.random
}
