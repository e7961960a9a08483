import { byteLengthOf, type RangeReader } from '../../bytes/range.ts'
import { bandCount, columnName } from './layout/columns.ts'
import { footerBytes, headerBytes } from './layout/footer.ts'
import { bandOf } from './layout/layout.ts'
import { PagePlaces } from './layout/page-places.ts'
import { type Block, openBlock } from './read/block.ts'

/** Where the bytes of a file go: by the id of each column, its pages; and by the name of everything else. */
export interface BlockpackParts {
  readonly columns: ReadonlyMap<number, number>
  /** The pages of the columns again, by band. */
  readonly bands: readonly number[]
  readonly others: ReadonlyMap<string, number>
}

/** The parts of an open file, which sum to its size. Reads the directories, no pages. */
export async function partsOf(block: Block): Promise<BlockpackParts> {
  const columns = new Map<number, number>()
  const bands = new Array<number>(bandCount).fill(0)
  let padding = 0
  for (const pageGroup of block.toc.pageGroups) {
    const { entries } = await block.entriesOf(pageGroup)
    const used = new Array<number>(bandCount).fill(0)
    for (const { entry } of new PagePlaces(block.toc, pageGroup, entries)) {
      add(columns, entry.column, entry.storedLength)
      used[bandOf(entry.column, entry.rowCount, entry.storedLength)]! += entry.storedLength
    }
    for (const [band, { start, end }] of pageGroup.bandRanges.entries()) {
      bands[band]! += used[band]!
      padding += end - start - used[band]!
    }
  }
  const pages = bands.reduce((sum, byteLength) => sum + byteLength, 0)
  const blooms = byteLengthOf(block.toc.bloomRanges.flat())
  const others = new Map([['header', headerBytes]])
  for (const [name, { start, end }] of Object.entries(block.toc.sections))
    if (name === 'data') {
      others.set('padding', padding)
      others.set('directory', end - start - pages - padding - blooms)
      others.set('Bloom filters', blooms)
    } else others.set(name, end - start)
  others.set('footer', footerBytes)
  return { columns, bands, others }
}

/** Bytes by part of a blockpack file, in the order of the columns and then of the file. */
export async function blockpackParts(file: RangeReader): Promise<Record<string, number>> {
  const block = await openBlock(file)
  const { columns, others } = await partsOf(block)
  const parts = new Map<string, number>()
  for (const [column, byteLength] of [...columns].sort(([a], [b]) => a - b))
    add(parts, columnName(column, block.toc.fields), byteLength)
  for (const [name, byteLength] of others) if (byteLength > 0) add(parts, name, byteLength)
  return Object.fromEntries(parts)
}

function add<T>(sums: Map<T, number>, name: T, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value)
}
