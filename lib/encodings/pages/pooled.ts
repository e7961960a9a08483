import type { RunLists } from '../pooled/run-lists.ts'
import { type CodedTokens, codeCount, decodeTokens, type Vocabulary } from '../pooled/tokens.ts'
import { type NumberChoice, writeNumbers } from './numbers.ts'
import { readNumbers, readSymbols } from './numbers-reader.ts'
import { type PageCodec, type PageReader, PageWriter } from './page.ts'
import { readStrings, writeStrings } from './strings.ts'

/** Pages of texts that are runs of a pool, and blocks of the pool (FORMAT.md of blockpack, Pooled texts). */

const layouts = { plain: 0, tokens: 1 } as const

export function writeRunLists(writer: PageWriter, { kept, added, steps, lengths }: RunLists): void {
  writeNumbers(writer, kept)
  writeNumbers(writer, added)
  writeNumbers(writer, steps)
  writeNumbers(writer, lengths)
}

/** Reads the lists of `count` texts; `checkRuns` is called with the number of runs before memory is taken for them. */
export function readRunLists(reader: PageReader, count: number, checkRuns: (count: number) => void): RunLists {
  const kept = readNumbers(reader, count)
  const added = readNumbers(reader, count)
  let runCount = 0
  for (const runs of added) {
    if (!(runs >= 0)) reader.in.fail('corrupt', `pooled: a text of ${runs} runs`)
    runCount += runs
  }
  checkRuns(runCount)
  const [steps, lengths] = [readNumbers(reader, runCount), readNumbers(reader, runCount)]
  reader.layout = 'pooled'
  return { kept, added, steps, lengths }
}

/** How a block is laid out, and the codes of its tokens. */
export interface BlockChoice {
  readonly isPlain: boolean
  readonly codes: NumberChoice
}

/** A block that has become this many times shorter as tokens is not tried as it is, unless that was better for the one before. */
const minTokenGain = 3

/** A block as it is, or as tokens if that is shorter. */
export function encodeTextBlock(
  codec: PageCodec,
  bytes: Buffer,
  { vocabularySize, codes, others }: CodedTokens,
  choice?: BlockChoice,
): { stored: Buffer; choice: BlockChoice } {
  const coded = new PageWriter(codec)
  coded.out.u8(layouts.tokens)
  coded.out.varint(vocabularySize)
  coded.out.varint(others.length)
  writeStrings(coded, others, true)
  coded.out.varint(codes.length)
  const taken = writeNumbers(coded, Float64Array.from(codes), choice?.codes)
  if (choice?.isPlain === false && coded.out.length * minTokenGain <= bytes.length)
    return { stored: coded.out.take(), choice: { isPlain: false, codes: taken } }
  const plain = encodePlainBlock(codec, bytes)
  const isPlain = plain.length <= coded.out.length
  return { stored: isPlain ? plain : coded.out.take(), choice: { isPlain, codes: taken } }
}

/** A block as it is. */
export function encodePlainBlock(codec: PageCodec, bytes: Buffer): Buffer {
  const writer = new PageWriter(codec)
  writer.out.u8(layouts.plain)
  writer.bytes(bytes)
  return writer.out.take()
}

/** The `byteLength` bytes of a block. */
export function decodeTextBlock(reader: PageReader, byteLength: number, vocabulary: Vocabulary): Buffer {
  const layout = reader.in.u8()
  const bytes = reader.naming(() => readBlock(reader, layout, byteLength, vocabulary))
  reader.in.end()
  return bytes
}

function readBlock(reader: PageReader, layout: number, byteLength: number, vocabulary: Vocabulary): Buffer {
  if (layout === layouts.plain) return Buffer.from(reader.bytes(byteLength))
  if (layout !== layouts.tokens) reader.in.fail('unsupported', `texts: layout ${layout}`)
  const fail = (message: string) => reader.in.fail('corrupt', `texts: ${message}`)
  const countOf = (what: string) => {
    const count = reader.in.varint()
    return count <= byteLength ? count : fail(`${count} ${what} in ${byteLength} bytes`)
  }
  const vocabularySize = reader.in.varint()
  const others = readStrings(reader, countOf('distinct tokens'), true)
  const codes = readSymbols(reader, countOf('tokens'), codeCount({ vocabularySize, others }))
  return decodeTokens({ vocabularySize, codes, others }, vocabulary, byteLength, fail)
}
