import { encodePlainBlock, encodeTextBlock, writeRunLists } from '../../../encodings/pages/pooled.ts'
import { arrangePool, type OwnedTexts } from '../../../encodings/pooled/arrangement.ts'
import { encodeRunLists } from '../../../encodings/pooled/run-lists.ts'
import { TextPool } from '../../../encodings/pooled/text-pool.ts'
import { minAverageLength, poolLongTexts } from '../../../encodings/pooled/texts.ts'
import { codesOf, encodeTokens, frequentTokens, TokenTable } from '../../../encodings/pooled/tokens.ts'
import { columnId } from '../layout/columns.ts'
import { withChecksum } from '../layout/stored.ts'
import { blockEnds } from '../layout/text-blocks.ts'
import { type CodedStrings, type EncodedPage, type PageEncoder, textsByRow } from './page-encoder.ts'

/** What a pool has for each byte that it takes, about. */
const bytesPerStored = 4
/** A token is in the vocabulary if so many blocks of a row group have it, */
const minBlocks = 2
/** and as long as this is not full: who reads one trace reads all of it. Of agent-chat, 8,192 tokens: 256 B/span and 35 kB, 4,096: 282 and 18. */
const maxVocabulary = 5120

/** Collects the columns of a page group whose texts repeat each other, and encodes them together with their pool. */
export class TextPages {
  /** Made for the first column of long texts: most page groups have none. */
  #pool: TextPool | undefined
  readonly #columns: (OwnedTexts & { readonly column: number })[] = []

  /** Runs of all texts so far. */
  get runCount(): number {
    return this.#pool?.runCount ?? 0
  }

  /** Takes a column if it is one of long texts; `traces` tells the trace of each. */
  take(column: number, strings: CodedStrings, isBinary: boolean, traces: () => ArrayLike<number>): boolean {
    if (!areLong(strings)) return false
    this.#pool ??= new TextPool()
    const pooled = poolLongTexts(this.#pool, textsByRow(strings), isBinary, traces)
    if (pooled) this.#columns.push({ column, texts: pooled, owners: traces() })
    return pooled !== undefined
  }

  /** About what its pages will take. */
  get byteLength(): number {
    return (this.#pool?.byteLength ?? 0) / bytesPerStored
  }

  /** The pages of the columns, and the blocks of their pool. */
  arrange(encoder: PageEncoder): { pages: EncodedPage[]; blocks: Buffer[] } {
    if (!this.#pool) return { pages: [], blocks: [] }
    const { bytes, borders, sharedLength, columns } = arrangePool(this.#pool, this.#columns)
    const pages = columns.map((texts, i) =>
      encoder.pooled(this.#columns[i]!.column, texts.length, writer => writeRunLists(writer, encodeRunLists(texts))),
    )
    const ends = blockEnds(borders, sharedLength, bytes.length)
    return { pages, blocks: ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)) }
  }
}

/** The pages of the columns of a page group, and the blocks of their pool. */
type ArrangedTexts = ReturnType<TextPages['arrange']>

/** By page group of a row group: the pages of its pooled texts and their pool. */
export function encodeTexts(encoder: PageEncoder, pageGroups: readonly TextPages[]): EncodedPage[][] {
  const arranged = pageGroups.map(texts => texts.arrange(encoder))
  if (arranged.every(({ pages }) => pages.length === 0)) return arranged.map(() => [])
  const { codec } = encoder
  const stored = codec.isQuick
    ? arranged.map(({ blocks }) => blocks.map(bytes => encodePlainBlock(codec, bytes)))
    : encodeBlocks(encoder, arranged)
  return arranged.map(({ pages, blocks }, group) =>
    pages.length === 0 ? [] : [...pages, ...blockPages(encoder, blocks, stored[group]!)],
  )
}

/** By page group: its blocks, as tokens of one vocabulary where that is shorter. */
function encodeBlocks(encoder: PageEncoder, pageGroups: readonly ArrangedTexts[]): Buffer[][] {
  const table = new TokenTable()
  const numbers = pageGroups.map(({ blocks }) => blocks.map(block => table.add(block)))
  const tokens = table.tokens()
  const vocabulary = encoder.vocabulary(columnId('text.blocks'), frequentTokens(tokens, minBlocks), maxVocabulary)
  const codes = codesOf(tokens, vocabulary)
  return pageGroups.map(({ blocks }, group) =>
    blocks.map((bytes, block) => {
      const coded = encodeTokens(numbers[group]![block]!, codes, tokens, vocabulary.length)
      const { stored, choice } = encodeTextBlock(encoder.codec, bytes, coded, encoder.blockChoice)
      encoder.blockChoice = choice
      return stored
    }),
  )
}

/** Whether texts are long enough, on average, to be pooled. */
function areLong({ entries, codes }: CodedStrings): boolean {
  let length = 0
  for (let row = 0; row < codes.length; row++) length += entries[codes[row]!]!.length
  return length >= codes.length * minAverageLength
}

function blockPages(encoder: PageEncoder, blocks: readonly Buffer[], encoded: readonly Buffer[]): EncodedPage[] {
  const stored = encoded.map(withChecksum)
  const lengths = [...blocks, ...stored].map(({ length }) => length)
  return [
    encoder.numbers(columnId('text.lengths'), Float64Array.from(lengths))!,
    encoder.blocks(columnId('text.blocks'), stored),
  ]
}
