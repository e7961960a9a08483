import { hashText } from '../../../bytes/hash.ts'
import type { Range, RangeReader } from '../../../bytes/range.ts'
import { blockMayHave, blockOf } from '../../../encodings/sketches/bloom.ts'
import { bloomBlockBytes } from '../layout/layout.ts'
import type { BloomPlan } from '../layout/root.ts'
import { checkedBytes } from '../layout/stored.ts'
import type { Toc } from '../layout/toc.ts'

/** Strings that are looked for in a column and stand in no dictionary: where a filter lacks them, no page has them. */
export interface Lookup {
  readonly column: number
  readonly texts: readonly string[]
}

/** The lookups that the filters of a row group answer with no; of each filter the blocks asked for are read alone. */
export async function absentIn(
  { file, toc }: { file: RangeReader; toc: Toc },
  rowGroup: number,
  lookups: readonly Lookup[],
): Promise<Set<Lookup>> {
  const { blooms } = toc.root.rowGroups[rowGroup]!
  const asked = lookups.flatMap(lookup => {
    const at = blooms.findIndex(({ column }) => column === lookup.column)
    return at < 0 ? [] : [{ lookup, plan: blooms[at]!, range: toc.bloomRanges[rowGroup]![at]! }]
  })
  const places = asked.map(({ lookup, plan, range }) => lookup.texts.map(text => placeOf(text, plan, range)))
  const ranges = places.flat().map(({ range }) => range)
  const bytes = ranges.length > 0 ? await file.read(ranges) : []
  let at = 0
  const isAbsent = asked.map(({ plan }, i) => {
    const answers = places[i]!.map(({ low, range }) => mayHave(bytes[at++]!, low, plan, range))
    return !answers.some(answer => answer)
  })
  return new Set(asked.filter((_, i) => isAbsent[i]).map(({ lookup }) => lookup))
}

/** The block of a filter in which a string would have its bits. */
function placeOf(text: string, { blockCount }: BloomPlan, { start }: Range): { low: number; range: Range } {
  const words = new Uint32Array(2)
  hashText(text, words)
  const at = start + blockOf(words[1]!, blockCount) * bloomBlockBytes
  return { low: words[0]!, range: { start: at, end: at + bloomBlockBytes } }
}

function mayHave(stored: Uint8Array, low: number, { probeCount }: BloomPlan, { start }: Range): boolean {
  return blockMayHave(checkedBytes(stored, 'blockpack filter', start), low, probeCount)
}
