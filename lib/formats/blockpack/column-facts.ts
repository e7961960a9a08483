import type { ValueType } from '../../model/trace.ts'
import { type Distinct, DistinctCount } from './distinct-count.ts'
import { type ColumnKind, columnId, fieldOwners } from './layout/columns.ts'
import type { OpenPages } from './read/reader.ts'

/** What a file holds of one column, and in how many bytes. */
export interface ColumnFacts {
  readonly name: string
  readonly valueCount: number
  readonly distinct: Distinct
  /** Of its pages, with their checksums. */
  readonly pageBytes: number
  /** Its part of the dictionaries: where columns share a piece, by the bytes of their entries. */
  readonly dictionaryBytes: number
  /** As plain arrays: 8 bytes a number, 1 a bool, a string its UTF-8 and 4 for its length. */
  readonly plainBytes: number
  /** By layout: in how many page groups; the most frequent first. `constant` has no page. */
  readonly layouts: readonly { readonly name: string; readonly pageCount: number }[]
  /** True where the general codec has made a page shorter. */
  readonly isCompressed: boolean
}

const lengthBytes = 4

/** Collects the facts of one column, page by page. */
export class ColumnCounter {
  readonly column: number
  readonly #kind: ColumnKind
  readonly #type: ValueType | undefined
  readonly #distinct = new DistinctCount()
  /** Codes of the dictionary that have been counted. */
  readonly #seenCodes = new Set<number>()
  readonly #layouts = new Map<string, number>()
  #isCompressed = false
  #valueCount = 0
  #pageBytes = 0
  #plainBytes = 0

  constructor(column: number, kind: ColumnKind, type: ValueType | undefined) {
    this.column = column
    this.#kind = kind
    this.#type = type
  }

  /** Reads the column's page of a page group. */
  add({ open, places, pages, dictionaries }: OpenPages): void {
    const { rowCount, storedLength, statistic } = places.get(this.column)!.entry
    pages.checkItems(`column ${this.column}`, rowCount)
    if (this.#kind === 'orders') open.columns.lists(fieldOwners[this.column - columnId('span.order')]!)
    else if (statistic.kind === 'constant') this.#addNumbers([statistic.value], rowCount)
    else if (this.#type === 'double') this.#addNumbers(pages.doubles(this.column, rowCount), rowCount)
    else if (this.#kind === 'blocks') this.#plainBytes += pages.pool().readAll()
    else if (this.#kind === 'numbers') {
      const { values, exceptions } = pages.numbers(this.column, rowCount)
      this.#addNumbers(values, rowCount)
      for (const { value } of exceptions) this.#distinct.addText(String(value))
    } else {
      const { symbols, fileCodes, locals } = pages.text(this.column, rowCount)
      this.#addTexts(symbols, fileCodes, locals, dictionaries.get(this.column) ?? [])
    }
    const opened = pages.opened.get(this.column)
    const layout = storedLength === 0 ? 'constant' : (opened?.layout ?? 'blocks')
    this.#layouts.set(layout, (this.#layouts.get(layout) ?? 0) + 1)
    this.#isCompressed ||= opened !== undefined && opened.squeezedCount > 0
    this.#valueCount += rowCount
    this.#pageBytes += storedLength
  }

  facts(name: string, dictionaryBytes: number): ColumnFacts {
    const layouts = [...this.#layouts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    return {
      name,
      valueCount: this.#valueCount,
      distinct: this.#distinct.distinct(),
      pageBytes: this.#pageBytes,
      dictionaryBytes,
      plainBytes: this.#plainBytes,
      layouts: layouts.map(([name, pageCount]) => ({ name, pageCount })),
      isCompressed: this.#isCompressed,
    }
  }

  #addNumbers(values: ArrayLike<number>, rowCount: number): void {
    for (let i = 0; i < values.length; i++) this.#distinct.addNumber(values[i]!)
    this.#plainBytes += rowCount * (this.#type === 'bool' ? 1 : 8)
  }

  #addTexts(
    symbols: ArrayLike<number>,
    fileCodes: readonly number[],
    locals: readonly string[],
    dictionary: readonly string[],
  ): void {
    const counts = new Uint32Array(fileCodes.length + locals.length)
    for (let row = 0; row < symbols.length; row++) counts[symbols[row]!]!++
    for (const [symbol, count] of counts.entries()) {
      const code = fileCodes[symbol]
      const text = code === undefined ? locals[symbol - fileCodes.length]! : (dictionary[code] ?? '')
      const byteLength = this.#kind === 'binary' ? text.length : Buffer.byteLength(text)
      this.#plainBytes += count * (byteLength + lengthBytes)
      if (code !== undefined && this.#seenCodes.has(code)) continue
      if (code !== undefined) this.#seenCodes.add(code)
      this.#distinct.addText(text)
    }
  }
}
