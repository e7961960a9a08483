import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { bandCount } from '../../../../lib/formats/blockpack/layout/columns.ts'
import { type PageEntry, writePageGroupEntries } from '../../../../lib/formats/blockpack/layout/directory.ts'
import { printFooter, printHeader } from '../../../../lib/formats/blockpack/layout/footer.ts'
import { bandOf } from '../../../../lib/formats/blockpack/layout/layout.ts'
import { PagePlaces } from '../../../../lib/formats/blockpack/layout/page-places.ts'
import { type PageGroupPlace, type Root, writeRoot } from '../../../../lib/formats/blockpack/layout/root.ts'
import { openPiece, type Piece, storePiece, withChecksum } from '../../../../lib/formats/blockpack/layout/stored.ts'
import type { Sections } from '../../../../lib/formats/blockpack/layout/toc.ts'
import { type Block, openBlock } from '../../../../lib/formats/blockpack/read/block.ts'
import { decodeBlockpack } from '../../../../lib/formats/blockpack/read/reader.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { collect } from '../../../support/chunks.ts'

/** A page as the directory tells it, and its bytes without the checksum. */
export interface OpenPage {
  entry: PageEntry
  content: Buffer
}

export interface OpenPageGroup {
  place: PageGroupPlace
  base: bigint
  pages: OpenPage[]
  padding: number
}

/** A file taken apart: what a forger changes. Lengths and checksums come anew when it is closed. */
export interface OpenFile {
  rowGroups: { pageGroups: OpenPageGroup[]; blooms: Buffer; directory?: Buffer }[]
  dictionaries: Buffer[]
  /** The pages of the trace index, without their checksums. */
  index: Buffer[]
  similarity: Buffer
  fields: Buffer
  root: Root
  /** Has the last word on the root. */
  changeRoot?: (root: Root) => Root
  /** In place of the bytes of the root. */
  rootContent?: Buffer
  footer?: Partial<{ fieldsOffset: number; storedLength: number; rawLength: number }>
}

/** Takes an honest file apart. */
export async function openFile(bytes: Uint8Array): Promise<OpenFile> {
  const block = await openBlock(openMemory(bytes))
  const section = (name: keyof Sections) => {
    const { start, end } = block.toc.sections[name]
    return Buffer.from(bytes.subarray(start, end))
  }
  const rowGroups: OpenFile['rowGroups'] = []
  for (const [i, { blooms }] of block.toc.root.rowGroups.entries()) {
    const { end } = block.toc.directories[i]!
    const bloomBytes = blooms.reduce((sum, { blockCount }) => sum + blockCount * 68, 0)
    rowGroups.push({
      pageGroups: await openPageGroups(block, bytes, i),
      blooms: Buffer.from(bytes.subarray(end, end + bloomBytes)),
    })
  }
  return {
    rowGroups,
    dictionaries: split(
      section('dictionaries'),
      block.toc.root.dictionaries.map(page => page.storedLength),
    ).map((stored, i) => contentOf(stored, block.toc.root.dictionaries[i]!)),
    index: split(section('trace index'), block.toc.root.traceIndex.pageLengths).map(page => page.subarray(0, -4)),
    similarity: section('similarity'),
    fields: contentOf(section('fields'), block.toc.root.fields),
    root: block.toc.root,
  }
}

async function openPageGroups(block: Block, bytes: Uint8Array, rowGroup: number): Promise<OpenPageGroup[]> {
  const members = block.toc.pageGroups.filter(member => member.rowGroup === rowGroup)
  return Promise.all(
    members.map(async pageGroup => {
      const { base, entries } = await block.entriesOf(pageGroup)
      const pages = Array.from(new PagePlaces(block.toc, pageGroup, entries), ({ entry, start, end }) => {
        return { entry, content: Buffer.from(bytes.subarray(start, Math.max(start, end - 4))) }
      })
      const used = pages.reduce((sum, { entry }) => sum + entry.storedLength, 0)
      const all = pageGroup.bandLengths.reduce((sum, length) => sum + length, 0)
      return { place: pageGroup, base, pages, padding: all - used }
    }),
  )
}

function contentOf(stored: Buffer, piece: Piece): Buffer {
  const reader = openPiece(stored, piece, 'forged', 0)
  return Buffer.from(reader.raw(reader.remaining))
}

function split(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  let at = 0
  return lengths.map(length => {
    at += length
    return bytes.subarray(at - length, at)
  })
}

/** A file of these parts, with lengths and checksums that are right but for what was forged. */
export function closeFile(file: OpenFile): Buffer {
  const out = new ByteWriter()
  out.raw(printHeader())
  const rowGroups = file.rowGroups.map((rowGroup, i) => {
    const pageGroups = rowGroup.pageGroups.map(storePages)
    for (let band = 0; band < bandCount; band++) for (const { bands } of pageGroups) out.raw(bands[band]!)
    const directory = storePiece(rowGroup.directory ?? printDirectory(pageGroups))
    out.raw(directory.bytes)
    out.raw(rowGroup.blooms)
    return {
      ...file.root.rowGroups[i]!,
      directory: { storedLength: directory.storedLength, rawLength: directory.rawLength },
      pageGroups: pageGroups.map(({ place, bands }) => ({ ...place, bandLengths: bands.map(band => band.length) })),
    }
  })
  const dictionaries = file.dictionaries.map(storePiece)
  const index = file.index.map(withChecksum)
  const fields = storePiece(file.fields)
  for (const { bytes } of dictionaries) out.raw(bytes)
  for (const page of index) out.raw(page)
  out.raw(file.similarity)
  const fieldsOffset = out.length
  out.raw(fields.bytes)
  const honest: Root = {
    ...file.root,
    rowGroups,
    dictionaries: dictionaries.map((piece, i) => ({ ...file.root.dictionaries[i]!, ...piece })),
    traceIndex: { ...file.root.traceIndex, pageLengths: index.map(page => page.length) },
    fields,
  }
  const root = storePiece(file.rootContent ?? printRoot(file.changeRoot ? file.changeRoot(honest) : honest))
  out.raw(root.bytes)
  out.raw(printFooter({ ...root, fieldsOffset, ...file.footer }))
  return out.take()
}

export function printRoot(root: Root): Buffer {
  const out = new ByteWriter()
  writeRoot(out, root)
  return out.take()
}

interface StoredGroup extends Omit<OpenPageGroup, 'pages'> {
  bands: Buffer[]
  entries: PageEntry[]
}

function storePages({ pages, ...pageGroup }: OpenPageGroup): StoredGroup {
  const stored = pages.map(({ entry, content }) => {
    if (entry.storedLength === 0) return { entry, bytes: Buffer.alloc(0) }
    const bytes = withChecksum(content)
    return { entry: { ...entry, storedLength: bytes.length }, bytes }
  })
  const bands = Array.from({ length: bandCount }, (_, band) =>
    Buffer.concat([
      ...stored
        .filter(({ entry }) => bandOf(entry.column, entry.rowCount, entry.storedLength) === band)
        .map(({ bytes }) => bytes),
      Buffer.alloc(band === bandCount - 1 ? pageGroup.padding : 0),
    ]),
  )
  return { ...pageGroup, bands, entries: stored.map(({ entry }) => entry) }
}

export function printDirectory(pageGroups: readonly { base: bigint; entries: readonly PageEntry[] }[]): Buffer {
  const out = new ByteWriter()
  for (const { base, entries } of pageGroups) writePageGroupEntries(out, base, entries)
  return out.take()
}

/** The file with some part of it changed. */
export async function forged(bytes: Uint8Array, change: (file: OpenFile) => void): Promise<Buffer> {
  const file = await openFile(bytes)
  change(file)
  return closeFile(file)
}

export async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeBlockpack(openMemory(bytes)))).flat()
}

/** The message of an error that names the section and a byte of the file, or of the content of a section. */
export const placed: RegExp =
  /^blockpack (header|footer|root|fields|directory|dictionary|trace index|filter|similarity|page group|resource|scope|shape of).* byte \d+/
