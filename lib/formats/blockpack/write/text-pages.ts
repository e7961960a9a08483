import { encodeTextBlock, writeRunLists } from '../../../encodings/pages/pooled.ts'
import { arrangePool, type OwnedTexts } from '../../../encodings/pooled/arrangement.ts'
import { encodeRunLists } from '../../../encodings/pooled/run-lists.ts'
import { TextPool } from '../../../encodings/pooled/text-pool.ts'
import { arePooled, poolTexts } from '../../../encodings/pooled/texts.ts'
import { codesOf, encodeTokens, frequentTokens, TokenTable } from '../../../encodings/pooled/tokens.ts'
import { columnId } from '../layout/columns.ts'
import { withChecksum } from '../layout/stored.ts'
import { blockEnds } from '../layout/text-blocks.ts'
import type { EncodedPage, PageEncoder } from './page-encoder.ts'

/** A token is in the vocabulary if so many blocks of a page group have it, */
const minBlocks = 2
/** and as long as this is not full: who reads one trace reads all of the vocabulary, of agent-chat 33 kB. */
const maxVocabulary = 1 << 13

/** Collects the columns of a page group whose texts repeat each other, and encodes them together with their pool. */
export class TextPages {
  readonly #pool = new TextPool()
  readonly #columns: (OwnedTexts & { readonly column: number })[] = []

  /** Runs of all texts so far. */
  get runCount(): number {
    return this.#pool.runCount
  }

  /** Takes a column if it is one of long texts; `traces` tells the trace of each. */
  take(column: number, texts: readonly string[], isBinary: boolean, traces: () => ArrayLike<number>): boolean {
    if (!arePooled(this.#pool, texts)) return false
    const owners = traces()
    this.#columns.push({ column, texts: poolTexts(this.#pool, texts, isBinary, owners), owners })
    return true
  }

  /** The pages of the columns, of the pool's blocks and of their lengths. */
  encode(encoder: PageEncoder): EncodedPage[] {
    if (this.#columns.length === 0) return []
    const { bytes, borders, sharedLength, columns } = arrangePool(this.#pool, this.#columns)
    const pages = columns.map((texts, i) =>
      encoder.pooled(this.#columns[i]!.column, texts.length, writer => writeRunLists(writer, encodeRunLists(texts))),
    )
    return [...pages, ...blockPages(encoder, bytes, blockEnds(borders, sharedLength, bytes.length))]
  }
}

function blockPages(encoder: PageEncoder, bytes: Buffer, ends: readonly number[]): EncodedPage[] {
  const blocks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
  const column = columnId('text.blocks')
  const table = new TokenTable()
  const numbers = blocks.map(block => table.add(block))
  const tokens = table.tokens()
  const vocabulary = encoder.vocabulary(column, frequentTokens(tokens, minBlocks), maxVocabulary)
  const codes = codesOf(tokens, vocabulary)
  const stored = blocks.map((block, i) => {
    const choice = encoder.blockChoice
    const encoded = encodeTextBlock(
      encoder.codec,
      block,
      encodeTokens(numbers[i]!, codes, tokens, vocabulary.length),
      choice,
    )
    encoder.blockChoice = encoded.choice
    return withChecksum(encoded.stored)
  })
  const lengths = [...blocks, ...stored].map(({ length }) => length)
  return [encoder.numbers(columnId('text.lengths'), Float64Array.from(lengths))!, encoder.blocks(column, stored)]
}
