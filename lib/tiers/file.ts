import { checksum } from '../bytes/checksum.ts'
import { type RangeReader, readChunks } from '../bytes/range.ts'
import { LabError, withSubject } from '../error.ts'
import { blockpackSource } from '../formats/blockpack/query/source.ts'
import { BlockpackReader, decodeBlockpack } from '../formats/blockpack/read/reader.ts'
import type { SpanSource } from '../model/scan.ts'
import type { Trace } from '../model/trace.ts'
import { RollupReader } from '../rollup/file.ts'
import { weightedSource } from '../sampling/weights.ts'
import { openPack } from '../storage/pack.ts'
import { type Contents, decodeContents, type TierFacts } from './contents.ts'
import { sectionsOf } from './sections.ts'
import type { TierName } from './tier-list.ts'

/** The tiers that hold traces, the most of them first. */
export const tracesTiers = ['exact', 'renamed', 'exemplars'] as const
export type TracesTier = (typeof tracesTiers)[number]

/** A file of tiers open for reading. */
export interface TiersFile {
  readonly contents: Contents
  /** By tier what it holds; undefined where the file has no such tier. */
  facts(name: TierName): TierFacts | undefined
  /** The spans of the tiers that hold traces. */
  readonly sources: ReadonlyMap<TracesTier, SpanSource>
  /** Of the exemplars' traces and of those of the last tier. */
  readonly rollup: RollupReader | undefined
  readonly sections: ReadonlyMap<string, RangeReader>
}

export async function openTiers(file: RangeReader): Promise<TiersFile> {
  const sections = await openPack(file)
  const contents = await readContents(sections)
  const sources = new Map<TracesTier, SpanSource>()
  for (const name of tracesTiers) {
    const section = sections.get(name)
    if (section) sources.set(name, weightedSource(blockpackSource(await openBlock(name, section, contents))))
  }
  const section = sections.get('rollup')
  const rollup = section && (await RollupReader.open(section))
  const facts = (name: TierName) => contents.tiers.find(tier => tier.name === name)
  const rolledUp = (facts('exemplars')?.spanCount ?? 0) + (facts('rollup')?.spanCount ?? 0)
  if (rollup && rollup.spanCount !== rolledUp)
    fail(`${rollup.spanCount} spans are rolled up, the contents say ${rolledUp}`)
  return { contents, facts, sources, rollup, sections }
}

async function readContents(sections: ReadonlyMap<string, RangeReader>): Promise<Contents> {
  const section = sections.get('contents') ?? fail('the section of the contents is missing')
  const [bytes] = await section.read([{ start: 0, end: section.byteLength }])
  const contents = decodeContents(bytes!)
  const expected = [...sectionsOf(contents.tiers), 'contents']
  const names = [...sections.keys()]
  if (`${names}` !== `${expected}`) fail(`sections ${names.join(', ')}; expected ${expected.join(', ')}`)
  for (const { name, byteLength } of contents.sections)
    if (sections.get(name)?.byteLength !== byteLength)
      fail(`section ${name} has ${sections.get(name)?.byteLength} bytes, the contents say ${byteLength}`)
  if (contents.sections.length !== names.length - 1) fail(`the contents tell of ${contents.sections.length} sections`)
  const { traceCount } = contents.tiers.find(({ name }) => name === 'exemplars') ?? { traceCount: 0 }
  const represented = contents.exemplarCounts.reduce((sum, count) => sum + count, 0)
  if (represented !== traceCount) fail(`exemplars of ${represented} traces, the contents say ${traceCount}`)
  return contents
}

async function openBlock(name: TracesTier, section: RangeReader, contents: Contents): Promise<BlockpackReader> {
  try {
    const reader = await BlockpackReader.open(section)
    const facts = contents.tiers.find(tier => tier.name === name)!
    const expected = name === 'exemplars' ? contents.exemplarCounts.length : facts.traceCount
    const traceCount = reader.block.toc.pageGroups.reduce((sum, pageGroup) => sum + pageGroup.traceCount, 0)
    if (traceCount !== expected)
      throw new LabError('corrupt', `${traceCount} traces, the contents of the file say ${expected}`)
    return reader
  } catch (error) {
    throw withSubject(`tier ${name}`, error)
  }
}

function fail(message: string): never {
  throw new LabError('corrupt', `tiers: ${message}`)
}

/** The traces that are kept: exemplars, then those without ids and some attributes, then those that are exact. */
export async function* decodeTiers(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const { contents, sections } = await openTiers(file)
  for (const { name, checksum: expected } of contents.sections) {
    let sum = 0
    for await (const chunk of readChunks(sections.get(name)!)) sum = checksum(chunk, sum)
    if (sum !== expected) fail(`section ${name}: checksum ${expected} expected, found ${sum}`)
  }
  for (const name of [...tracesTiers].reverse()) {
    const section = sections.get(name)
    if (section) yield* decodeBlockpack(section)
  }
}

/** Bytes by section, and of rollups by level. */
export async function tiersParts(file: RangeReader): Promise<Record<string, number>> {
  const { sections, rollup } = await openTiers(file)
  const parts: Record<string, number> = {}
  for (const [level, byteLength] of Object.entries(rollup?.byteLengths() ?? {})) parts[`rollup.${level}`] = byteLength
  for (const [name, { byteLength }] of sections) if (name !== 'rollup') parts[name] = byteLength
  const sum = Object.values(parts).reduce((total, byteLength) => total + byteLength, 0)
  return { ...parts, 'list of sections': file.byteLength - sum }
}
