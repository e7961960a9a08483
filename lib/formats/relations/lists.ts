import { startsOf } from '../../model/owners.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

/** Lists of whole numbers, one after another: their lengths, then all numbers. The reader knows how many lists. */
export function writeLists(body: BodyWriter, part: string, lists: readonly ArrayLike<number>[]): void {
  const lengths = lists.map(list => list.length)
  const entries = lists.flatMap(list => Array.from(list))
  writeNumbers(body, part, lengths)
  writeNumbers(body, part, entries)
}

/** Reads lists of numbers below `limit`, at most `maxTotal` numbers together. */
export function readLists(
  body: BodyReader,
  part: string,
  count: number,
  limit: number,
  maxTotal: number,
): Uint32Array[] {
  const lengths = readNumbers(body, part, count)
  const total = body.sum(lengths, 0)
  if (total > maxTotal) body.fail(`lists of ${total} entries, at most ${maxTotal} are allowed`)
  const entries = Uint32Array.from(readNumbers(body, part, total), entry =>
    entry >= 0 && entry < limit ? entry : body.fail(`entry ${entry} of a list, below ${limit} is expected`),
  )
  const starts = startsOf(lengths)
  return Array.from(lengths, (length, i) => entries.subarray(starts[i]!, starts[i]! + length))
}
