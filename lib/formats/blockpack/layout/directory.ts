import type { ByteReader } from '../../../bytes/reader.ts'
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
  /** By column, ascending. */
  readonly entries: readonly PageEntry[]
}

/** The basis is told in the bits above the kind of the statistic; this says that the number of a field follows. */
const basisUnit = 8
const fieldBasis = 3

const kinds = ['constant', 'constantCode', 'range', 'doubles', 'codes', 'none', 'dictionary', 'pooled'] as const

/** Pages with more distinct codes list none. */
export const maxListedCodes = 16

export function writePageGroupEntries(out: ByteWriter, { base, entries }: PageGroupEntries): void {
  out.u64(base)
  out.varint(entries.length)
  for (const [i, entry] of entries.entries()) writeEntry(out, entry, entries[i - 1]?.column ?? 0)
}

export function readPageGroupEntries(reader: ByteReader): PageGroupEntries {
  const base = reader.u64()
  const entries: PageEntry[] = []
  let before = -1
  for (let left = reader.count(4); left > 0; left--) {
    const entry = readEntry(reader, before)
    entries.push(entry)
    before = entry.column
  }
  return { base, entries }
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

function readEntry(reader: ByteReader, before: number): PageEntry {
  const step = reader.varint()
  if (before >= 0 && step === 0) reader.fail('corrupt', `duplicate column ${before}`)
  const column = Math.max(0, before) + step
  const rowCount = reader.varint()
  const code = reader.u8()
  const isPaged = code % basisUnit > 1
  const kind = kinds[isPaged ? code % basisUnit : code] ?? reader.fail('unsupported', 'a kind of statistic')
  if (kind === 'constant') return unpaged(column, rowCount, { kind, value: readSigned(reader) })
  if (kind === 'constantCode') return unpaged(column, rowCount, { kind, code: reader.varint() })
  const basis = readBasis(reader, Math.floor(code / basisUnit))
  const statistic = readStatistic(reader, kind)
  const storedLength = reader.varint()
  if (storedLength < 5) reader.fail('corrupt', `column ${column}: a page of ${storedLength} bytes`)
  return { column, rowCount, storedLength, statistic, basis }
}

function unpaged(column: number, rowCount: number, statistic: PageStatistic): PageEntry {
  return { column, rowCount, storedLength: 0, statistic, basis: noBasis }
}

function readBasis(reader: ByteReader, code: number): number {
  if (code > fieldBasis) reader.fail('unsupported', `a basis of ${code}`)
  return code === fieldBasis ? firstFieldId + reader.varint() : code
}

function readStatistic(
  reader: ByteReader,
  kind: 'range' | 'doubles' | 'codes' | 'none' | 'dictionary' | 'pooled',
): PageStatistic {
  if (kind === 'range') {
    const min = readSigned(reader)
    return { kind, min, max: min + reader.varint() }
  }
  if (kind === 'doubles') return { kind, min: reader.f64(), max: reader.f64() }
  if (kind === 'none' || kind === 'dictionary' || kind === 'pooled') return { kind }
  const codes: number[] = []
  for (let left = reader.count(), code = 0; left > 0; left--) {
    code += reader.varint()
    codes.push(code)
  }
  return { kind, codes }
}
