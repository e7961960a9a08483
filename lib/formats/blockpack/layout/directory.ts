import type { ByteReader } from '../../../bytes/reader.ts'
import { firstWhere } from '../../../bytes/search.ts'
import type { ByteWriter } from '../../../bytes/writer.ts'
import { readSigned, writeSigned } from '../../../encodings/texts.ts'
import { noBasis } from './bases.ts'
import { firstFieldId } from './columns.ts'

/** What the directory says of a page: enough to know that no value in it can meet a condition. */
export type PageStatistic =
  /** All values are this number, and there is no page. */
  | { readonly kind: 'constant'; readonly value: number }
  /** All values are this entry of the dictionary, and there is no page. */
  | { readonly kind: 'constantCode'; readonly code: number }
  /** Min and max of whole numbers. */
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  /** Min and max of doubles, none of them NaN. */
  | { readonly kind: 'doubles'; readonly min: number; readonly max: number }
  /** All codes of the dictionary that occur; nothing else does. */
  | { readonly kind: 'codes'; readonly codes: readonly number[] }
  /** All strings are in the dictionary; it does not say which. */
  | { readonly kind: 'dictionary' }
  | { readonly kind: 'none' }
  /** Nothing is known; the strings are runs of the page group's pool. */
  | { readonly kind: 'pooled' }

/** A column of a page group: its values' count, and where its page is. */
export interface PageEntry {
  readonly column: number
  readonly rowCount: number
  /** Of the page with its checksum; 0 where there is none. */
  readonly storedLength: number
  readonly statistic: PageStatistic
  /** What its rows are predicted by, see `bases`. */
  readonly basis: number
}

/** The pages of a page group, and the start of its first trace, ns. */
export interface PageGroupEntries {
  readonly base: bigint
  readonly entries: PageEntries
}

/** The basis is told in the bits above the kind of the statistic; this says that the number of a field follows. */
const basisUnit = 8
const fieldBasis = 3

const kinds = ['constant', 'constantCode', 'range', 'doubles', 'codes', 'none', 'dictionary', 'pooled'] as const

/** Pages with more distinct codes list none. */
export const maxListedCodes = 16

/** Writes entries, by column ascending. */
export function writePageGroupEntries(out: ByteWriter, base: bigint, entries: readonly PageEntry[]): void {
  out.u64(base)
  out.varint(entries.length)
  for (const [i, entry] of entries.entries()) writeEntry(out, entry, entries[i - 1]?.column ?? 0)
}

export function readPageGroupEntries(reader: ByteReader): PageGroupEntries {
  const base = reader.u64()
  return { base, entries: new PageEntries(reader, reader.count(4)) }
}

/** What is kept of each entry: its column, counts of rows and bytes, kind, basis, and where its statistic is. */
const width = 6

/**
 * Entries as numbers, by column ascending. A query looks at few of them: only what it asks for becomes an object, and
 * the statistics of all others stay in the bytes of the directory.
 */
export class PageEntries implements Iterable<PageEntry> {
  readonly count: number
  readonly #numbers: Float64Array
  readonly #reader: ByteReader

  constructor(reader: ByteReader, count: number) {
    this.count = count
    this.#reader = reader
    this.#numbers = new Float64Array(count * width)
    for (let i = 0, before = -1; i < count; i++) {
      readEntry(reader, before, this.#numbers, i * width)
      before = this.column(i)
    }
  }

  column(i: number): number {
    return this.#numbers[i * width]!
  }

  rowCount(i: number): number {
    return this.#numbers[i * width + 1]!
  }

  storedLength(i: number): number {
    return this.#numbers[i * width + 2]!
  }

  basis(i: number): number {
    return this.#numbers[i * width + 4]!
  }

  isPooled(i: number): boolean {
    return kinds[this.#numbers[i * width + 3]!] === 'pooled'
  }

  /** The position of a column, or -1. */
  find(column: number): number {
    const i = firstWhere(this.count, at => this.column(at) >= column)
    return i < this.count && this.column(i) === column ? i : -1
  }

  at(i: number): PageEntry {
    return {
      column: this.column(i),
      rowCount: this.rowCount(i),
      storedLength: this.storedLength(i),
      statistic: readStatistic(this.#reader.from(this.#numbers[i * width + 5]!), kinds[this.#numbers[i * width + 3]!]!),
      basis: this.basis(i),
    }
  }

  *[Symbol.iterator](): Generator<PageEntry> {
    for (let i = 0; i < this.count; i++) yield this.at(i)
  }
}

/** Writes an entry; columns ascend, so each is encoded relative to the previous one. */
function writeEntry(out: ByteWriter, entry: PageEntry, before: number): void {
  const { column, rowCount, storedLength, statistic, basis } = entry
  out.varint(column - before)
  out.varint(rowCount)
  out.u8(kinds.indexOf(statistic.kind) + Math.min(basis, fieldBasis) * basisUnit)
  if (basis >= firstFieldId) out.varint(basis - firstFieldId)
  switch (statistic.kind) {
    case 'constant':
      return writeSigned(out, statistic.value)
    case 'constantCode':
      return out.varint(statistic.code)
    case 'range':
      writeSigned(out, statistic.min)
      out.varint(statistic.max - statistic.min)
      break
    case 'doubles':
      out.f64(statistic.min)
      out.f64(statistic.max)
      break
    case 'codes':
      out.varint(statistic.codes.length)
      for (const [i, code] of statistic.codes.entries()) out.varint(code - (statistic.codes[i - 1] ?? 0))
  }
  out.varint(storedLength)
}

function readEntry(reader: ByteReader, before: number, to: Float64Array, at: number): void {
  const step = reader.varint()
  if (before >= 0 && step === 0) reader.fail('corrupt', `duplicate column ${before}`)
  const column = Math.max(0, before) + step
  to[at] = column
  to[at + 1] = reader.varint()
  const code = reader.u8()
  const isPaged = code % basisUnit > 1
  const kind = isPaged ? code % basisUnit : code
  if (kinds[kind] === undefined) reader.fail('unsupported', 'a kind of statistic')
  to[at + 3] = kind
  to[at + 4] = isPaged ? readBasis(reader, Math.floor(code / basisUnit)) : noBasis
  to[at + 5] = reader.position
  skipStatistic(reader, kinds[kind]!)
  if (!isPaged) return
  const storedLength = reader.varint()
  if (storedLength < 5) reader.fail('corrupt', `column ${column}: a page of ${storedLength} bytes`)
  to[at + 2] = storedLength
}

function readBasis(reader: ByteReader, code: number): number {
  if (code > fieldBasis) reader.fail('unsupported', `a basis of ${code}`)
  return code === fieldBasis ? firstFieldId + reader.varint() : code
}

/** By kind: how many varints it takes; of codes, beside their number. */
const varintCounts = { constant: 1, constantCode: 1, range: 2, doubles: 0, codes: 0, none: 0, dictionary: 0, pooled: 0 }

function skipStatistic(reader: ByteReader, kind: PageStatistic['kind']): void {
  if (kind === 'doubles') reader.take(16)
  const count = kind === 'codes' ? reader.count() : varintCounts[kind]
  for (let left = count; left > 0; left--) reader.varint()
}

function readStatistic(reader: ByteReader, kind: PageStatistic['kind']): PageStatistic {
  switch (kind) {
    case 'constant':
      return { kind, value: readSigned(reader) }
    case 'constantCode':
      return { kind, code: reader.varint() }
    case 'range': {
      const min = readSigned(reader)
      return { kind, min, max: min + reader.varint() }
    }
    case 'doubles':
      return { kind, min: reader.f64(), max: reader.f64() }
    case 'codes': {
      let code = 0
      return { kind, codes: Array.from({ length: reader.count() }, () => (code += reader.varint())) }
    }
    default:
      return { kind }
  }
}
