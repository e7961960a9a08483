import { bandCount } from '../layout/columns.ts'
import { bandOf, itemsPerByte } from '../layout/layout.ts'
import type { EncodedPage, PageEncoder } from './page-encoder.ts'
import { encodeTexts, type TextPages } from './text-pages.ts'

/** A page group ready to be placed: its pages in the order of their columns, and what the root says of it. */
export interface EncodedPageGroup {
  readonly traceCount: number
  readonly spanCount: number
  /** The start of the first trace, ns. */
  readonly base: bigint
  readonly pages: readonly EncodedPage[]
  /** By band: the bytes of its pages, and of padding. */
  readonly bands: readonly (readonly Uint8Array[])[]
  /** Of the starts of spans, ns. */
  readonly minStart: bigint
  readonly maxStart: bigint
}

/** A page group whose pooled texts are still to be encoded, with those of its row group. */
export interface OpenPageGroup extends Omit<EncodedPageGroup, 'bands'> {
  readonly texts: TextPages
  readonly itemCount: number
  /** Of its pages and padding, of the texts about. */
  readonly byteLength: number
}

/** Encodes the texts of a row group's page groups, and puts their pages in order. */
export function closePageGroups(pageGroups: readonly OpenPageGroup[], encoder: PageEncoder): EncodedPageGroup[] {
  const texts = encodeTexts(
    encoder,
    pageGroups.map(pageGroup => pageGroup.texts),
  )
  return pageGroups.map((pageGroup, i) => {
    const pages = [...pageGroup.pages, ...texts[i]!].sort((a, b) => a.column - b.column)
    const bands = groupByBand(pages)
    const padding = minBytes(pageGroup.itemCount) - byteLengthOf(pages)
    if (padding > 0) bands.at(-1)!.push(Buffer.alloc(padding))
    return { ...pageGroup, pages, bands }
  })
}

/** Bytes that vouch for so many items. */
export function minBytes(itemCount: number): number {
  return Math.ceil(itemCount / itemsPerByte)
}

export function byteLengthOf(pages: readonly EncodedPage[]): number {
  return pages.reduce((sum, page) => sum + page.storedLength, 0)
}

/** By band: the bytes of its pages, in the order of the columns. */
function groupByBand(pages: readonly EncodedPage[]): Uint8Array[][] {
  const bands = Array.from({ length: bandCount }, (): Uint8Array[] => [])
  for (const { column, rowCount, storedLength, stored } of pages)
    if (storedLength > 0) bands[bandOf(column, rowCount, storedLength)]!.push(stored)
  return bands
}
