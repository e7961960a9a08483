import { floats, words } from '../../../bytes/arena.ts'
import { numbersAt } from '../../../encodings/dictionary.ts'
import { RangeDecoder } from '../../../encodings/entropy.ts'
import { type ReadNumbers, readExceptions } from '../../../encodings/exact-numbers.ts'
import { decodeOrders } from '../../../encodings/orders.ts'
import { readCoded, readCodedEntries } from '../../../encodings/pages/coded.ts'
import {
  type NumberBounds,
  readBounds,
  readNumbers,
  readNumbersAt,
  readSymbols,
} from '../../../encodings/pages/numbers-reader.ts'
import { PageReader } from '../../../encodings/pages/page.ts'
import { readRunLists } from '../../../encodings/pages/pooled.ts'
import type { Contexts } from '../../../encodings/pages/predicted.ts'
import { readHexBytes, readStrings } from '../../../encodings/pages/strings.ts'
import { gatherTexts, RunListReader } from '../../../encodings/pooled/run-lists.ts'
import type { Run } from '../../../encodings/pooled/text-pool.ts'
import { maxTextBytes } from '../../../encodings/texts.ts'
import { LabError } from '../../../error.ts'
import type { Table } from '../../../shred/table.ts'
import { noBasis, ownerOf } from '../layout/bases.ts'
import { type ColumnId, columnId, columnKind, firstFieldId, poolColumns, tailId } from '../layout/columns.ts'
import type { PageEntry } from '../layout/directory.ts'
import { asBits, textLayouts } from '../layout/layout.ts'
import { lazy } from '../layout/lazy.ts'
import { maxItemsOf, type PagePlace, type PagePlaces } from '../layout/page-places.ts'
import { checkedBytes } from '../layout/stored.ts'
import type { PageGroup } from '../layout/toc.ts'
import type { Block } from './block.ts'
import { cutNumbers, cutText, type ReadText, type RowSlice } from './row-slices.ts'
import { TextBlocks } from './text-blocks.ts'

/** Lists of fields. */
type Lists = readonly (readonly number[])[]

/** By column: the bytes of its page. */
export interface PageBytes {
  get(column: number): Uint8Array | undefined
}

/** Decodes pages of one page group; of columns that have a slice, only these rows are returned. */
export class PageDecoder {
  readonly #block: Block
  readonly #subject: string
  readonly #start: number
  readonly #maxItems: number
  readonly #places: PagePlaces
  readonly #bytes: PageBytes
  readonly #slices: ReadonlyMap<number, RowSlice> | undefined
  readonly #texts = new Map<number, ReadText>()
  /** Bytes of pooled texts so far. */
  #textBytes = 0
  /** What the rows of a column are predicted by; of slices, that of the whole page group. */
  contextsOf: ((column: number, basis: number) => Contexts) | undefined
  /** By column: the page as it was read, for `inspect`. */
  readonly opened = new Map<number, PageReader>()

  constructor(
    block: Block,
    pageGroup: PageGroup,
    places: PagePlaces,
    bytes: PageBytes,
    slices?: ReadonlyMap<number, RowSlice>,
  ) {
    this.#block = block
    this.#subject = `blockpack page group ${pageGroup.index}`
    this.#start = pageGroup.bandRanges[0]!.start
    this.#maxItems = maxItemsOf(pageGroup)
    this.#places = places
    this.#bytes = bytes
    this.#slices = slices
  }

  entry(column: number): PageEntry | undefined {
    return this.#places.get(column)?.entry
  }

  /** The `count` numbers of a column. */
  numbers(column: number, count: number): ReadNumbers {
    const slice = this.#sliceOf(column, count)
    return slice ? cutNumbers(this.#numbers(column, slice.total), slice) : this.#numbers(column, count)
  }

  #numbers(column: number, count: number): ReadNumbers {
    const place = this.#place(column, count)
    if (!place) return { values: new Float64Array(0), exceptions: [] }
    const { statistic } = place.entry
    if (statistic.kind === 'constant') {
      const values = floats(count).fill(statistic.value)
      return this.#checked(column, { values, exceptions: [] })
    }
    const reader = this.#open(column, place)
    const exceptions = readExceptions(reader.in, count)
    const contexts = this.#contexts(place.entry)
    const values = reader.naming(() => readNumbers(reader, count, contexts))
    reader.in.end()
    return this.#checked(column, { values, exceptions })
  }

  /** The numbers of some rows of a column, which ascend; the exceptions are all of the column's. */
  numbersAt(column: number, count: number, rows: Uint32Array): ReadNumbers {
    const place = this.#place(column, count)
    if (!place || place.entry.statistic.kind === 'constant') {
      const { values, exceptions } = this.#numbers(column, count)
      return { values: numbersAt(rows, values), exceptions }
    }
    const reader = this.#open(column, place)
    const exceptions = readExceptions(reader.in, count)
    return { exceptions, values: reader.naming(() => readNumbersAt(reader, count, rows, this.#contexts(place.entry))) }
  }

  /** Between which bounds the numbers of a column are; undefined where that takes decoding them. */
  bounds(column: number, count: number): NumberBounds | undefined {
    const place = this.#place(column, count)
    if (!place || place.entry.statistic.kind === 'constant') return undefined
    const reader = this.#open(column, place)
    return readExceptions(reader.in, count).length > 0 ? undefined : reader.naming(() => readBounds(reader, count))
  }

  /** Booleans are 0 and 1. */
  #checked(column: number, numbers: ReadNumbers): ReadNumbers {
    const isBoolean = column === tailId('bool') || this.#block.toc.fields[column - firstFieldId]?.type === 'bool'
    if (isBoolean && (numbers.exceptions.length > 0 || numbers.values.some(value => value !== 0 && value !== 1)))
      this.fail(String(column), 'a boolean that is neither 0 nor 1')
    return numbers
  }

  /** Refuses more traces, spans, events, links or values than the bytes of the page group vouch for. */
  checkItems(what: string, count: number): void {
    if (count > this.#maxItems) this.fail(what, `${count} of them, the bytes are those of ${this.#maxItems}`)
  }

  /** Numbers of a fixed column, which are safe and of a range. */
  plain(name: ColumnId, count: number, min: number, max: number): Float64Array {
    const { values, exceptions } = this.numbers(columnId(name), count)
    if (exceptions.length > 0) this.fail(name, 'exceptions')
    for (let i = 0; i < count; i++)
      if (!(values[i]! >= min && values[i]! <= max)) this.fail(name, `row ${i} is ${values[i]}`)
    return values
  }

  /** Numbers of a fixed column, from 0 to `max`, which is below 2^32 - 1. */
  small(name: ColumnId, count: number, max: number): Uint32Array {
    const column = columnId(name)
    const place = this.#slices?.has(column) ? undefined : this.#place(column, count)
    if (!place || place.entry.statistic.kind === 'constant') return new Uint32Array(this.plain(name, count, 0, max))
    const reader = this.#open(column, place)
    if (readExceptions(reader.in, count).length > 0) this.fail(name, 'exceptions')
    const contexts = this.#contexts(place.entry)
    const numbers = reader.naming(() => readSymbols(reader, count, max + 1, contexts))
    reader.in.end()
    return numbers
  }

  doubles(column: number, count: number): Float64Array {
    const slice = this.#sliceOf(column, count)
    return slice
      ? this.#doubles(column, slice.total).subarray(slice.start, slice.start + count)
      : this.#doubles(column, count)
  }

  #doubles(column: number, count: number): Float64Array {
    const place = this.#place(column, count)
    if (!place) return new Float64Array(0)
    const reader = this.#open(column, place)
    const scale = reader.in.u8()
    if (scale !== asBits && scale > 6) reader.in.fail('unsupported', `scale ${scale}`)
    const contexts = this.#contexts(place.entry)
    let values = reader.naming(() => readNumbers(reader, count, contexts))
    if (scale !== asBits) {
      const factor = 10 ** scale
      for (let i = 0; i < count; i++) values[i]! /= factor
    } else {
      const words = new Uint32Array(count * 2)
      const high = reader.naming(() => readNumbers(reader, count))
      for (let i = 0; i < count; i++) {
        for (const word of [values[i]!, high[i]!])
          if (word !== word >>> 0) reader.in.fail('corrupt', `half a double of ${word}`)
        words[2 * i] = values[i]!
        words[2 * i + 1] = high[i]!
      }
      values = new Float64Array(words.buffer)
    }
    reader.layout = `${scale === asBits ? 'bits' : `over 10^${scale}`}, ${reader.layout}`
    reader.in.end()
    return values
  }

  /** The lists of attributes of rows of these shapes, in their orders. */
  orders(name: ColumnId, symbols: Uint32Array, shapes: Lists): Table<readonly number[]> {
    const column = columnId(name)
    if (!this.entry(column)) return { values: shapes, codes: symbols }
    const reader = this.#open(column, this.#place(column, symbols.length)!)
    const decoder = new RangeDecoder(reader.in.raw(reader.in.remaining))
    reader.layout = 'orders'
    return reader.naming(() => decodeOrders(decoder, symbols, shapes))
  }

  /** The `count` strings of a column, by symbol. */
  text(column: number, count: number): ReadText {
    const known = this.#texts.get(column)
    if (known?.symbols.length === count) return known
    const slice = this.#sliceOf(column, count)
    const text = slice ? cutText(this.#text(column, slice.total, slice), slice) : this.#text(column, count)
    this.#texts.set(column, text)
    return text
  }

  #sliceOf(column: number, count: number): RowSlice | undefined {
    const slice = this.#slices?.get(column)
    if (slice && slice.count !== count)
      this.fail(String(column), `expected ${count} rows of a trace, found ${slice.count}`)
    return slice
  }

  /** With a slice, of strings without codes only those of its rows are read, the others are empty. */
  #text(column: number, count: number, slice?: RowSlice): ReadText {
    const place = this.#place(column, count)
    if (!place) return { symbols: new Uint32Array(0), fileCodes: [], locals: [] }
    const { statistic } = place.entry
    const fileSize = this.#block.toc.dictionarySizes.get(column) ?? 0
    if (statistic.kind === 'constantCode') {
      if (statistic.code >= fileSize) this.fail(String(column), `code ${statistic.code} of a dictionary of ${fileSize}`)
      return { symbols: words(count).fill(0), fileCodes: [statistic.code], locals: [] }
    }
    const contexts = this.#contexts(place.entry)
    const isBinary = columnKind(column, this.#block.toc.fields) === 'binary'
    const reader = this.#open(column, place)
    const layout = reader.in.u8()
    let text: ReadText
    if (layout === textLayouts.coded) text = reader.naming(() => readCoded(reader, count, fileSize, isBinary, contexts))
    else if (layout === textLayouts.strings)
      text = {
        symbols: Uint32Array.from({ length: count }, (_, row) => row),
        fileCodes: [],
        locals: reader.naming(() => readStrings(reader, count, isBinary, slice)),
      }
    else if (layout === textLayouts.pooled && statistic.kind === 'pooled')
      text = {
        symbols: Uint32Array.from({ length: count }, (_, row) => row),
        fileCodes: [],
        locals: reader.naming(() => this.#pooled(reader, column, count, isBinary, slice)),
      }
    else return reader.in.fail('unsupported', `text: layout ${layout}`)
    reader.in.end()
    return text
  }

  /** The pool of the page group's texts. */
  readonly pool = lazy((): TextBlocks => {
    const [lengths, blocks] = poolColumns.map(name => this.#places.get(columnId(name)))
    if (!lengths || !blocks || lengths.entry.rowCount !== blocks.entry.rowCount * 2)
      return this.fail('text.blocks', 'pooled texts without a pool')
    const { values } = this.numbers(lengths.entry.column, lengths.entry.rowCount)
    return new TextBlocks(this.#block, this.#subject, values, blocks, this.#bytes.get(blocks.entry.column))
  })

  /** The columns whose texts are runs of the pool. */
  pooledColumns(): number[] {
    return Array.from(this.#places, ({ entry }) => entry)
      .filter(({ statistic }) => statistic.kind === 'pooled')
      .map(({ column }) => column)
  }

  /** The runs of some texts of a pooled column, or of all, text by text. */
  *runsOf(column: number, slice?: RowSlice): Iterable<Run> {
    const place = this.#places.get(column)!
    const { start, count, total } = slice ?? { start: 0, count: place.entry.rowCount, total: place.entry.rowCount }
    this.#place(column, total)
    const reader = this.#open(column, place)
    if (reader.in.u8() !== textLayouts.pooled) reader.in.fail('unsupported', 'text: another layout than pooled')
    const lists = reader.naming(() => this.#runLists(reader, column, total))
    for (let row = 0; row < start + count; row++) {
      const { runs } = lists.next()
      if (row >= start) yield* runs
    }
  }

  #runLists(reader: PageReader, column: number, count: number): RunListReader {
    const lists = readRunLists(reader, count, runs => this.checkItems('runs of texts', runs))
    return new RunListReader(lists, this.pool().length, message => this.fail(String(column), message))
  }

  #pooled(reader: PageReader, column: number, count: number, isBinary: boolean, slice?: RowSlice): string[] {
    const spend = (byteLength: number) => {
      this.#textBytes += byteLength
      if (this.#textBytes > maxTextBytes) this.fail(String(column), `more than ${maxTextBytes} bytes of pooled texts`)
    }
    return gatherTexts(this.#runLists(reader, column, count), this.pool(), count, isBinary, spend, slice)
  }

  /** The strings of a column that only its page contains; of strings that have no codes, all. */
  locals(column: number, count: number): readonly string[] {
    const place = this.#place(column, count)
    if (!place || place.entry.storedLength === 0) return []
    const reader = this.#open(column, place)
    const isBinary = columnKind(column, this.#block.toc.fields) === 'binary'
    if (reader.in.u8() !== textLayouts.coded) return this.#text(column, count).locals
    const fileSize = this.#block.toc.dictionarySizes.get(column) ?? 0
    return reader.naming(() => readCodedEntries(reader, count, fileSize, isBinary)).locals
  }

  #contexts({ column, basis }: PageEntry): Contexts | undefined {
    return ownerOf(column, this.#block.toc.fields) && basis !== noBasis ? this.contextsOf?.(column, basis) : undefined
  }

  /** The bytes of strings of hex digits that are stored as such; undefined for a column that is stored in another way. */
  hexBytes(column: number, count: number): Buffer | undefined {
    const place = this.#place(column, count)
    if (!place || place.entry.storedLength === 0) return undefined
    const reader = this.#open(column, place)
    return reader.in.u8() === textLayouts.strings ? reader.naming(() => readHexBytes(reader, count)) : undefined
  }

  fail(column: string, message: string): never {
    throw new LabError('corrupt', `${this.#subject} at byte ${this.#start}, column ${column}: ${message}`)
  }

  #place(column: number, count: number): PagePlace | undefined {
    const place = this.#places.get(column)
    const found = place?.entry.rowCount ?? 0
    if (found !== count) this.fail(String(column), `expected ${count} values, the directory says ${found}`)
    return place
  }

  #open(column: number, { entry, start }: PagePlace): PageReader {
    const bytes = this.#bytes.get(column)
    if (!bytes || entry.storedLength === 0) return this.fail(String(column), 'no page')
    const subject = `${this.#subject}, column ${column}`
    const reader = new PageReader(checkedBytes(bytes, subject, start), subject, start, this.#block.decompress)
    this.opened.set(column, reader)
    return reader
  }
}
