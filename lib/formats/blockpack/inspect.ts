import type { RangeReader } from '../../bytes/range.ts'
import type { GeneralCodec } from '../../codecs/compress.ts'
import { sharesOf } from '../stored/shares.ts'
import { ColumnCounter, type ColumnFacts } from './column-facts.ts'
import { bands, columnKind, columnName, valueTypeOf } from './layout/columns.ts'
import { boundsOf } from './layout/toc.ts'
import { partsOf } from './parts.ts'
import type { Block } from './read/block.ts'
import { BlockpackReader } from './read/reader.ts'

/** What a file is, and where its bytes go. */
export interface BlockpackFacts {
  readonly byteLength: number
  readonly version: number
  readonly codec: GeneralCodec
  /** Of zstd; undefined for codecs without levels. */
  readonly level: number | undefined
  /** Undefined where the file has no index of similar traces. */
  readonly minhashPermutations: number | undefined
  readonly rowGroupCount: number
  readonly pageGroupCount: number
  readonly traceCount: number
  readonly spanCount: number
  readonly fieldCount: number
  readonly dictionaryEntryCount: number
  /** Of the starts of spans, ns since the epoch; undefined where there are none. */
  readonly minStart: bigint | undefined
  readonly maxStart: bigint | undefined
  /** They sum to the file's size. */
  readonly parts: readonly { readonly name: string; readonly byteLength: number; readonly isMetadata: boolean }[]
  /** The largest first. Their pages and dictionaries are the parts of these names. */
  readonly columns: readonly ColumnFacts[]
}

/** The facts of a file. It is read page group by page group, and every page is decoded. */
export async function inspectBlockpack(file: RangeReader): Promise<BlockpackFacts> {
  const reader = await BlockpackReader.open(file)
  const { block } = reader
  const { root, pageGroups } = block.toc
  const bounds = boundsOf(block.toc)
  return {
    byteLength: file.byteLength,
    version: block.version,
    codec: root.codec,
    level: root.codec === 'zstd' ? root.level : undefined,
    minhashPermutations: root.similarity?.permutations,
    rowGroupCount: root.rowGroups.length,
    pageGroupCount: pageGroups.length,
    traceCount: block.toc.traceCount,
    spanCount: block.toc.spanCount,
    fieldCount: block.toc.fields.length,
    dictionaryEntryCount: [...block.toc.dictionarySizes.values()].reduce((sum, size) => sum + size, 0),
    minStart: bounds?.[0],
    maxStart: bounds?.[1],
    parts: await namedParts(block),
    columns: await columnFacts(reader),
  }
}

/** Names of bands, in their order. */
const bandNames: Record<keyof typeof bands, string> = {
  scan: 'columns for scans',
  times: 'columns of times',
  bulk: 'columns of ids, events, links and long values',
}
/** The parts that are data; all others are indexes and metadata. */
const dataParts = ['dictionaries', 'padding']

async function namedParts(block: Block): Promise<BlockpackFacts['parts']> {
  const parts = await partsOf(block)
  return [
    ...Object.entries(bands).map(([name, band]) => ({
      name: bandNames[name as keyof typeof bands],
      byteLength: parts.bands[band]!,
      isMetadata: false,
    })),
    ...[...parts.others].map(([name, byteLength]) => ({ name, byteLength, isMetadata: !dataParts.includes(name) })),
  ]
}

async function columnFacts(reader: BlockpackReader): Promise<ColumnFacts[]> {
  const { block } = reader
  const counters = new Map<number, ColumnCounter>()
  for (const pageGroup of block.toc.pageGroups) {
    const open = await reader.openPages(pageGroup)
    for (const column of open.places.columns()) {
      let counter = counters.get(column)
      if (!counter) {
        counter = new ColumnCounter(
          column,
          columnKind(column, block.toc.fields)!,
          valueTypeOf(column, block.toc.fields),
        )
        counters.set(column, counter)
      }
      counter.add(open)
    }
  }
  const dictionaries = await dictionaryBytes(block)
  const facts = [...counters.values()].map(counter =>
    counter.facts(columnName(counter.column, block.toc.fields), dictionaries.get(counter.column) ?? 0),
  )
  return facts.sort((a, b) => b.pageBytes + b.dictionaryBytes - a.pageBytes - a.dictionaryBytes)
}

/** By column: its part of the dictionaries' bytes, which sum to those of the section. */
export async function dictionaryBytes(block: Block): Promise<Map<number, number>> {
  const entries = await block.dictionaries(block.toc.dictionarySizes.keys())
  const used = new Map<number, number>()
  const sums = new Map<number, number>()
  for (const { storedLength, runs } of block.toc.root.dictionaries) {
    const weights = runs.map(({ column, entryCount }) => {
      const start = used.get(column) ?? 0
      used.set(column, start + entryCount)
      return entries
        .get(column)!
        .slice(start, start + entryCount)
        .reduce((sum, text) => sum + text.length + 1, 0)
    })
    for (const [i, share] of sharesOf(storedLength, weights).entries()) {
      const { column } = runs[i]!
      sums.set(column, (sums.get(column) ?? 0) + share)
    }
  }
  return sums
}
