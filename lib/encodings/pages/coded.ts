import { floatsOf, words } from '../../bytes/arena.ts'
import { type Bases, type NumberChoice, writeNumbers } from './numbers.ts'
import { readSymbols } from './numbers-reader.ts'
import type { PageReader, PageWriter } from './page.ts'
import type { Contexts } from './predicted.ts'
import { readStrings, writeStrings } from './strings.ts'

/**
 * Pages of strings by code: entries of the file's dictionary by their codes there, the others with the
 * page, and one symbol per row, which counts the former first (FORMAT.md of blockpack, Coded).
 */
export interface CodedPage {
  /** Codes in the file's dictionary, ascending. */
  readonly fileCodes: readonly number[]
  readonly locals: readonly string[]
  /** By row: below `fileCodes.length` one of them, from there on one of the locals. */
  readonly symbols: Uint32Array
}

export function writeCoded(
  writer: PageWriter,
  { fileCodes, locals, symbols }: CodedPage,
  isBinary: boolean,
  choice?: NumberChoice,
  bases?: Bases,
): NumberChoice | undefined {
  writer.out.varint(fileCodes.length)
  writer.out.varint(locals.length)
  let before = 0
  for (const code of fileCodes) {
    writer.out.varint(code - before)
    before = code
  }
  writeStrings(writer, locals, isBinary)
  if (fileCodes.length + locals.length < 2) return choice
  return writeNumbers(writer, floatsOf(symbols), choice, bases)
}

/** Reads the page of `count` rows; `fileSize` is the size of the file's dictionary. */
export function readCoded(
  reader: PageReader,
  count: number,
  fileSize: number,
  isBinary: boolean,
  contexts?: Contexts,
): CodedPage {
  const entries = readCodedEntries(reader, count, fileSize, isBinary)
  const size = entries.fileCodes.length + entries.locals.length
  if (size < 2) {
    reader.layout = 'coded'
    return { ...entries, symbols: words(count).fill(0) }
  }
  const symbols = readSymbols(reader, count, size, contexts)
  reader.layout = `coded, ${reader.layout}`
  return { ...entries, symbols }
}

/** Reads the distinct strings of the page of `count` rows, which precede its symbols. */
export function readCodedEntries(
  reader: PageReader,
  count: number,
  fileSize: number,
  isBinary: boolean,
): Omit<CodedPage, 'symbols'> {
  const fileCount = reader.in.count()
  const localCount = reader.in.varint()
  const size = fileCount + localCount
  if (size > count || (size === 0 && count > 0))
    reader.in.fail('corrupt', `coded: ${size} distinct values in ${count} rows`)
  const fileCodes: number[] = []
  let code = 0
  for (let i = 0; i < fileCount; i++) {
    const step = reader.in.varint()
    code += step
    if (code >= fileSize || (i > 0 && step === 0))
      reader.in.fail('corrupt', `coded: code ${code} of a dictionary of ${fileSize}`)
    fileCodes.push(code)
  }
  return { fileCodes, locals: readStrings(reader, localCount, isBinary) }
}
