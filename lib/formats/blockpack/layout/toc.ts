import type { Range } from '../../../bytes/range.ts'
import { ByteReader } from '../../../bytes/reader.ts'
import { firstWhere } from '../../../bytes/search.ts'
import { LabError } from '../../../error.ts'
import { getOrInsert } from '../../../maps.ts'
import { type Extent, unionOf } from '../../../model/extent.ts'
import { bandCount, type Field } from './columns.ts'
import { headerBytes } from './footer.ts'
import { bloomBlockBytes } from './layout.ts'
import type { DictionaryPage, PageGroupPlace, Root } from './root.ts'
import type { Piece } from './stored.ts'

/** The table of contents of a file: what it holds, and where. */
export interface Toc {
  readonly root: Root
  readonly fields: readonly Field[]
  /** By owner, dot and key: the numbers of the fields, one per type. */
  readonly fieldNumbers: ReadonlyMap<string, readonly number[]>
  readonly traceCount: number
  readonly spanCount: number
  readonly pageGroups: readonly PageGroup[]
  /** By row group. */
  readonly directories: readonly Placed[]
  /** By row group, in the order of its filters. */
  readonly bloomRanges: readonly (readonly Range[])[]
  readonly dictionaryPages: readonly (DictionaryPage & Range)[]
  /** By column. */
  readonly dictionarySizes: ReadonlyMap<number, number>
  readonly openColumns: ReadonlySet<number>
  readonly rareFields: ReadonlySet<number>
  readonly sections: Sections
}

/** A page group with its place in the file. */
export interface PageGroup extends PageGroupPlace {
  readonly index: number
  readonly rowGroup: number
  /** Its position in the row group. */
  readonly place: number
  /** The position of its first trace in the file. */
  readonly firstTrace: number
  readonly bandRanges: readonly Range[]
}

/** A piece of metadata, and where it is. */
export interface Placed extends Piece, Range {}

/** The parts of a file between header and footer, in its order. */
export interface Sections {
  readonly data: Range
  readonly dictionaries: Range
  readonly 'trace index': Range
  readonly similarity: Range
  readonly fields: Range
  readonly root: Range
}

/** Derives all places from the lengths in the root, which must begin where they end. */
export function tocOf(root: Root, fields: readonly Field[], rootRange: Range): Toc {
  const allocator = new RangeAllocator(headerBytes)
  const rowGroups = placeRowGroups(root, allocator)
  const dataEnd = allocator.at
  const dictionaryPages = root.dictionaries.map(page => ({ ...page, ...allocator.take(page.storedLength) }))
  const dictionaryEnd = allocator.at
  const traceIndex = allocator.take(sum(root.traceIndex.pageLengths))
  const { bandLengths = [], traceLengths = [] } = root.similarity ?? {}
  const similarity = allocator.take(sum(bandLengths) + sum(traceLengths))
  const traceCount = sum(rowGroups.pageGroups.map(pageGroup => pageGroup.traceCount))
  const sections: Sections = {
    data: { start: headerBytes, end: dataEnd },
    dictionaries: { start: dataEnd, end: dictionaryEnd },
    'trace index': traceIndex,
    similarity,
    fields: allocator.take(root.fields.storedLength),
    root: rootRange,
  }
  const fail = (message: string) =>
    new ByteReader(new Uint8Array(), 'blockpack root', rootRange.start).fail('corrupt', message)
  if (allocator.at !== rootRange.start) fail(`what it names ends at byte ${allocator.at}`)
  if (root.traceIndex.pageLengths.length === 0 && traceCount > 0) fail(`no index of ${traceCount} traces`)
  return {
    ...rowGroups,
    root,
    fields,
    fieldNumbers: numbersByKey(fields),
    traceCount,
    spanCount: sum(rowGroups.pageGroups.map(pageGroup => pageGroup.spanCount)),
    dictionaryPages,
    dictionarySizes: sizesOf(root.dictionaries),
    openColumns: new Set(root.openColumns),
    rareFields: new Set(root.rareFields),
    sections,
  }
}

/** Row groups from the header on: the bands of their page groups, the directory, the filters. */
function placeRowGroups(root: Root, allocator: RangeAllocator) {
  const pageGroups: PageGroup[] = []
  const directories: Placed[] = []
  const bloomRanges: Range[][] = []
  let firstTrace = 0
  for (const [rowGroup, { pageGroups: members, directory, blooms }] of root.rowGroups.entries()) {
    const bands = Array.from({ length: bandCount }, (_, band) =>
      members.map(({ bandLengths }) => allocator.take(bandLengths[band]!)),
    )
    for (const [place, member] of members.entries()) {
      const bandRanges = bands.map(band => band[place]!)
      pageGroups.push({ ...member, index: pageGroups.length, rowGroup, place, firstTrace, bandRanges })
      firstTrace += member.traceCount
    }
    directories.push({ ...directory, ...allocator.take(directory.storedLength) })
    bloomRanges.push(blooms.map(({ blockCount }) => allocator.take(blockCount * bloomBlockBytes)))
  }
  return { pageGroups, directories, bloomRanges }
}

/** Allocates consecutive ranges. */
class RangeAllocator {
  at: number

  constructor(at: number) {
    this.at = at
  }

  take(byteLength: number): Range {
    const start = this.at
    this.at += byteLength
    return { start, end: this.at }
  }
}

/** Refuses a dictionary with an entry of the wrong kind. */
export function entryFailure({ sections }: Toc): (message: string) => never {
  return message => {
    throw new LabError('corrupt', `blockpack dictionary, from byte ${sections.dictionaries.start} on: ${message}`)
  }
}

const knownBounds = new WeakMap<Toc, { readonly extent: Extent | undefined }>()

/** The first and the last start of a span, ns; undefined where there are none. */
export function boundsOf(toc: Toc): Extent | undefined {
  const extentOf = () => unionOf(toc.pageGroups.map(({ minStart, maxStart }) => [minStart, maxStart] as const))
  return getOrInsert(knownBounds, toc, () => ({ extent: extentOf() })).extent
}

/** The page group that has the trace at a position. */
export function pageGroupAt({ pageGroups }: Toc, position: number): PageGroup {
  return pageGroups[firstWhere(pageGroups.length, i => pageGroups[i]!.firstTrace > position) - 1]!
}

function sizesOf(dictionaries: readonly DictionaryPage[]): Map<number, number> {
  const sizes = new Map<number, number>()
  for (const { column, entryCount } of dictionaries.flatMap(page => page.runs))
    sizes.set(column, (sizes.get(column) ?? 0) + entryCount)
  return sizes
}

function numbersByKey(fields: readonly Field[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>()
  for (const [number, { owner, key }] of fields.entries()) {
    const name = `${owner}.${key}`
    const known = numbers.get(name)
    if (known) known.push(number)
    else numbers.set(name, [number])
  }
  return numbers
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0)
}
