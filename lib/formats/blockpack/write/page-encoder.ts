import { words } from '../../../bytes/arena.ts'
import { checksum } from '../../../bytes/checksum.ts'
import { findScale } from '../../../encodings/decimal-scale.ts'
import { Dictionary, recode } from '../../../encodings/dictionary.ts'
import { type Exception, writeExceptions } from '../../../encodings/exact-numbers.ts'
import { extentOf } from '../../../encodings/extent.ts'
import { encodeOrders, type OrderedRows } from '../../../encodings/orders.ts'
import { type CodedPage, writeCoded } from '../../../encodings/pages/coded.ts'
import { type Bases, type NumberChoice, writeNumbers } from '../../../encodings/pages/numbers.ts'
import { type PageCodec, PageWriter } from '../../../encodings/pages/page.ts'
import type { BlockChoice } from '../../../encodings/pages/pooled.ts'
import type { Contexts } from '../../../encodings/pages/predicted.ts'
import { differEverywhere, writeHex, writeStrings } from '../../../encodings/pages/strings.ts'
import { wordsOf } from '../../../encodings/words.ts'
import { bytesOf, bytesPerId, hexAt, textsOf } from '../../../shred/span-ids.ts'
import { BloomWriter } from '../indexes/bloom.ts'
import { noBasis, parentBasis } from '../layout/bases.ts'
import { firstFieldId } from '../layout/columns.ts'
import { maxListedCodes, type PageEntry, type PageStatistic } from '../layout/directory.ts'
import { asBits, textLayouts } from '../layout/layout.ts'
import { FileDictionary, freeEntries } from './dictionaries.ts'

/** A page with what the directory says of it. */
export interface EncodedPage extends PageEntry {
  /** With its checksum; empty where all values are one. */
  readonly stored: Uint8Array
  /** Of strings by code: which rows have the same, by which other columns may be predicted. */
  readonly contexts?: Contexts
}

/** How pages are encoded. */
export interface PageSettings extends PageCodec {
  readonly usesDictionaries: boolean
  readonly maxDictionaryBytes: number
}

/** Strings by code. */
export interface CodedStrings {
  readonly entries: readonly string[]
  readonly codes: ArrayLike<number>
}

const minPlain = 16
/** Of so many strings, samples tell whether they differ: ids need no dictionary to find that they have none. */
const sampleCount = 256
const minSampled = 4 * sampleCount
/** Starts after those of parents take at most this share. */
const parentShare = 0.95

/** Encodes the pages of a file, column by column; remembers what was chosen, and the dictionaries. */
export class PageEncoder {
  readonly dictionaries = new Map<number, FileDictionary>()
  /** Columns with strings that are in no dictionary. */
  readonly openColumns = new Set<number>()
  readonly blooms = new BloomWriter()
  /** How blocks of texts are laid out, once chosen. */
  blockChoice: BlockChoice | undefined
  readonly #settings: PageSettings
  /** Of the page at hand. */
  readonly #writer: PageWriter
  readonly #choices = new Map<number, NumberChoice>()
  readonly #hasTemplates = new Map<number, boolean>()
  /** Columns most of whose strings differed on the page before. */
  readonly #differing = new Set<number>()
  #startsAfterParents = false

  constructor(settings: PageSettings) {
    this.#settings = settings
    this.#writer = new PageWriter(settings)
  }

  get codec(): PageCodec {
    return this.#settings
  }

  /** False where no page is predicted by another: strings have no codes, or it takes too long. */
  get predicts(): boolean {
    return this.#settings.usesDictionaries && !this.#settings.isQuick
  }

  /** Lets every column choose anew. */
  forgetChoices(): void {
    this.#choices.clear()
    this.#hasTemplates.clear()
    this.#differing.clear()
    this.blockChoice = undefined
  }

  /** Whole numbers; those that are not safe are 0 and an exception. Undefined where there are none. */
  numbers(
    column: number,
    values: Float64Array,
    exceptions: readonly Exception[] = [],
    bases?: Bases,
  ): EncodedPage | undefined {
    if (values.length === 0) return undefined
    const { min, max } = extentOf(values)
    if (min === max && exceptions.length === 0) return constant(column, values.length, { kind: 'constant', value: min })
    const writer = this.#newPage()
    writeExceptions(writer.out, exceptions)
    const basis = this.#writeNumbers(writer, column, values, bases)
    const statistic: PageStatistic = exceptions.length > 0 ? { kind: 'none' } : { kind: 'range', min, max }
    return page(column, values.length, writer, statistic, basis)
  }

  /** Starts after the trace, or after those of parents where that saves enough for what a reader must know of these. */
  starts(
    column: number,
    { values, afterParents }: { readonly values: Float64Array; readonly afterParents: () => Float64Array | undefined },
    exceptions: readonly Exception[],
  ): EncodedPage | undefined {
    if (this.#settings.isQuick) return this.numbers(column, values, exceptions)
    const relative = () => {
      const differences = afterParents()
      const page = differences && this.numbers(column, differences, exceptions)
      return page && page.storedLength > 0 ? { ...page, basis: parentBasis } : undefined
    }
    if (this.#choices.has(column)) {
      const page = this.#startsAfterParents ? relative() : undefined
      return page ?? this.numbers(column, values, exceptions)
    }
    const plain = this.numbers(column, values, exceptions)
    const choice = this.#choices.get(column)
    this.#choices.delete(column)
    const page = relative()
    this.#startsAfterParents = page !== undefined && page.storedLength < plain!.storedLength * parentShare
    if (this.#startsAfterParents) return page
    if (choice) this.#choices.set(column, choice)
    return plain
  }

  /** Doubles: whole numbers over a power of ten, or else their bits. */
  doubles(column: number, values: Float64Array): EncodedPage | undefined {
    if (values.length === 0) return undefined
    const writer = this.#newPage()
    const scale = findScale(values)
    writer.out.u8(scale ?? asBits)
    if (scale !== undefined)
      this.#writeNumbers(
        writer,
        column,
        Float64Array.from(values, value => Math.round(value * 10 ** scale)),
      )
    else {
      const bits = wordsOf(new BigUint64Array(Float64Array.from(values).buffer))
      for (const half of [0, 1])
        writeNumbers(
          writer,
          Float64Array.from(values, (_, i) => bits[2 * i + half]!),
        )
    }
    const { min, max } = extentOf(values)
    const statistic: PageStatistic = values.some(Number.isNaN) ? { kind: 'none' } : { kind: 'doubles', min, max }
    return page(column, values.length, writer, statistic)
  }

  /** The orders of lists of attributes, where any is not the usual one. */
  orders(column: number, rows: OrderedRows, lengths: readonly number[]): EncodedPage | undefined {
    if (rows.places.every(order => order === undefined)) return undefined
    const writer = this.#newPage()
    writer.out.raw(encodeOrders(rows, lengths))
    return page(column, rows.sets.length, writer, { kind: 'none' })
  }

  /** Strings, by code where they repeat. */
  strings(column: number, values: readonly string[], isBinary: boolean, bases?: Bases): EncodedPage | undefined {
    const differ = this.#differAgain(column, values.length, row => values[row]!)
    if (this.#isRaw(isBinary) || differ) return this.#raw(column, values, isBinary)
    const dictionary = new Dictionary<string>()
    const codes = new Uint32Array(values.length)
    for (let row = 0; row < values.length; row++) codes[row] = dictionary.code(values[row]!)
    return this.distinct(column, { entries: dictionary.values, codes }, isBinary, bases)
  }

  /** Whole ids of spans, in halves, as `strings` writes their texts: these are made only where they may repeat. */
  ids(column: number, halves: Uint32Array): EncodedPage | undefined {
    const count = halves.length / 2
    const bytes = bytesOf(halves)
    const isKnown = this.#hasTemplates.get(column) === true && differEverywhere(bytes, bytesPerId)
    if (!isKnown || !this.#differAgain(column, count, row => hexAt(bytes, row)))
      return this.strings(column, textsOf(bytes), false)
    const writer = this.#newPage()
    writer.out.u8(textLayouts.strings)
    writeHex(writer, bytes, bytesPerId)
    return this.#open(page(column, count, writer, { kind: 'none' }), [])
  }

  /** Strings by code, which may be too many to be worth it. */
  distinct(column: number, strings: CodedStrings, isBinary: boolean, bases?: Bases): EncodedPage | undefined {
    const { entries, codes } = strings
    if (this.#isRaw(isBinary)) return this.#raw(column, textsByRow(strings), isBinary)
    const grows = entries.length * 2 <= codes.length || codes.length <= freeEntries
    const fileCodes = this.#dictionary(column, isBinary).codesOf(entries, codes.length, grows)
    const ownCount = fileCodes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0)
    if (ownCount * 2 > codes.length && codes.length >= minPlain) {
      this.#differing.add(column)
      return this.#raw(column, textsByRow(strings), isBinary)
    }
    this.#differing.delete(column)
    return this.#coded(column, strings, fileCodes, { isBinary, bases })
  }

  /** Strings that have codes already. */
  coded(column: number, { entries, codes }: CodedStrings, isBinary: boolean, bases?: Bases): EncodedPage | undefined {
    if (!this.#isRaw(isBinary)) {
      const fileCodes = this.#dictionary(column, isBinary).codesOf(entries, codes.length, true)
      return this.#coded(column, { entries, codes }, fileCodes, { isBinary, bases })
    }
    return this.#raw(column, textsByRow({ entries, codes }), isBinary)
  }

  /** Texts that are runs of a pool, as `write` writes them. No filter tells of them: who asks for a long text is rare. */
  pooled(column: number, rowCount: number, write: (writer: PageWriter) => void): EncodedPage {
    const writer = this.#newPage()
    writer.out.u8(textLayouts.pooled)
    write(writer)
    this.openColumns.add(column)
    this.blooms.exclude(column)
    return page(column, rowCount, writer, { kind: 'pooled' })
  }

  /** Blocks of a pool. */
  blocks(column: number, blocks: readonly Uint8Array[]): EncodedPage {
    const writer = this.#newPage()
    if (!this.dictionaries.get(column)?.entries.length) this.openColumns.add(column)
    for (const block of blocks) writer.out.raw(block)
    return page(column, blocks.length, writer, { kind: 'none' })
  }

  /** The tokens of blocks by code, with these among them as long as there is room. */
  vocabulary(column: number, tokens: readonly string[], maxTokens: number): readonly string[] {
    const dictionary = this.#dictionary(column, true)
    dictionary.addAll(tokens, maxTokens)
    return dictionary.entries
  }

  #newPage(): PageWriter {
    this.#writer.out.clear()
    return this.#writer
  }

  /** The tables of resources, scopes and shapes are not dictionaries of strings: they always have codes. */
  #isRaw(isBinary: boolean): boolean {
    return !isBinary && !this.#settings.usesDictionaries
  }

  #raw(column: number, values: readonly string[], isBinary: boolean): EncodedPage | undefined {
    if (values.length === 0) return undefined
    const writer = this.#newPage()
    writer.out.u8(textLayouts.strings)
    this.#hasTemplates.set(column, writeStrings(writer, values, isBinary, this.#hasTemplates.get(column)))
    return this.#open(page(column, values.length, writer, { kind: 'none' }), values)
  }

  #coded(
    column: number,
    { entries, codes }: CodedStrings,
    fileCodes: Int32Array,
    { isBinary, bases }: { isBinary: boolean; bases: Bases | undefined },
  ): EncodedPage | undefined {
    if (codes.length === 0) return undefined
    if (entries.length === 1 && fileCodes[0]! >= 0)
      return constant(column, codes.length, { kind: 'constantCode', code: fileCodes[0]! })
    const coded = inSymbols(entries, codes, fileCodes)
    const writer = this.#newPage()
    writer.out.u8(textLayouts.coded)
    const choice = writeCoded(writer, coded, isBinary, this.#choices.get(column), bases)
    if (choice) this.#choices.set(column, choice)
    const basis = entries.length > 1 ? basisOf(choice, bases) : noBasis
    const contexts = { codes: coded.symbols, size: entries.length }
    const encoded = { ...page(column, codes.length, writer, statisticOf(coded), basis), contexts }
    return coded.locals.length > 0 ? this.#open(encoded, coded.locals) : encoded
  }

  /** Notes strings that only the page contains; those of attributes get a filter where it pays. */
  #open(encoded: EncodedPage, strings: readonly string[]): EncodedPage {
    this.openColumns.add(encoded.column)
    if (encoded.column >= firstFieldId) this.blooms.add(encoded.column, strings, encoded.storedLength)
    return encoded
  }

  /** Whether strings differ as those of the page before did: by neighbours and by some far apart. */
  #differAgain(column: number, count: number, textAt: (row: number) => string): boolean {
    if (!this.#differing.has(column) || count < minSampled) return false
    if (this.dictionaries.get(column)!.entries.length > 0) return false
    const rows = new Set<number>()
    for (let i = 0; i < sampleCount; i++) {
      rows.add((count >> 1) + i)
      // Scattered: what recurs at an interval recurs among them too.
      rows.add((Math.imul(i + 1, 0x9e3779b1) >>> 0) % count)
    }
    return new Set(Array.from(rows, textAt)).size === rows.size
  }

  #dictionary(column: number, isBinary: boolean): FileDictionary {
    let dictionary = this.dictionaries.get(column)
    if (!dictionary) {
      dictionary = new FileDictionary(isBinary, this.#settings.maxDictionaryBytes)
      this.dictionaries.set(column, dictionary)
    }
    return dictionary
  }

  /** Returns the basis by which they are written. */
  #writeNumbers(writer: PageWriter, column: number, values: Float64Array, bases?: Bases): number {
    const choice = writeNumbers(writer, values, this.#choices.get(column), bases)
    this.#choices.set(column, choice)
    return basisOf(choice, bases)
  }
}

/** The string of each row. */
export function textsByRow({ entries, codes }: CodedStrings): string[] {
  const texts = new Array<string>(codes.length)
  for (let row = 0; row < texts.length; row++) texts[row] = entries[codes[row]!]!
  return texts
}

function basisOf(choice: NumberChoice | undefined, bases: Bases | undefined): number {
  return choice?.basis !== undefined && bases?.contexts(choice.basis) ? choice.basis : noBasis
}

function statisticOf({ locals, fileCodes }: CodedPage): PageStatistic {
  if (locals.length > 0) return { kind: 'none' }
  return fileCodes.length <= maxListedCodes ? { kind: 'codes', codes: fileCodes } : { kind: 'dictionary' }
}

/** The rows as symbols: entries of the file's dictionary by their codes there, then those of the page. */
function inSymbols(entries: readonly string[], codes: ArrayLike<number>, fileCodes: Int32Array): CodedPage {
  const known: number[] = []
  const own: number[] = []
  for (let entry = 0; entry < fileCodes.length; entry++) (fileCodes[entry]! < 0 ? own : known).push(entry)
  known.sort((a, b) => fileCodes[a]! - fileCodes[b]!)
  const symbolOf = words(entries.length)
  for (let i = 0; i < known.length; i++) symbolOf[known[i]!] = i
  for (let i = 0; i < own.length; i++) symbolOf[own[i]!] = known.length + i
  return {
    fileCodes: known.map(entry => fileCodes[entry]!),
    locals: own.map(entry => entries[entry]!),
    symbols: recode(codes, symbolOf),
  }
}

function constant(column: number, rowCount: number, statistic: PageStatistic): EncodedPage {
  return { column, rowCount, statistic, basis: noBasis, storedLength: 0, stored: new Uint8Array(0) }
}

function page(
  column: number,
  rowCount: number,
  { out }: PageWriter,
  statistic: PageStatistic,
  basis: number = noBasis,
): EncodedPage {
  out.u32(checksum(out.view()))
  const stored = out.take()
  return { column, rowCount, statistic, basis, storedLength: stored.length, stored }
}
