import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

/** Lists of whole numbers, one after another: their lengths, then all numbers. The reader knows how many lists. */
export function writeLists(body: BodyWriter, part: string, lists: readonly ArrayLike<number>[]): void {
  writeNumbers(
    body,
    part,
    lists.map(list => list.length),
  )
  writeNumbers(
    body,
    part,
    lists.flatMap(list => Array.from(list)),
  )
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
  const total = lengths.reduce(
    (sum, length) => (length < 0 ? body.fail(`a list of ${length} entries`) : sum + length),
    0,
  )
  if (total > maxTotal) body.fail(`lists of ${total} entries, at most ${maxTotal} are allowed`)
  const entries = Uint32Array.from(readNumbers(body, part, total), entry =>
    entry >= 0 && entry < limit ? entry : body.fail(`entry ${entry} of a list, below ${limit} is expected`),
  )
  let start = 0
  return Array.from(lengths, length => {
    start += length
    return entries.subarray(start - length, start)
  })
}
