import { join } from 'node:path'
import { checksum } from '../bytes/checksum.ts'
import type { ByteSink } from '../bytes/range.ts'
import { type BlockpackConfig, profiles } from '../formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../formats/blockpack/write/writer.ts'
import { decodeCborFile, encodeCborFile } from '../formats/cbor/file.ts'
import { joinSpelled } from '../import/group.ts'
import { type Extent, widened } from '../model/extent.ts'
import type { Trace } from '../model/trace.ts'
import { renameSpanIds } from '../patterns/span-ids.ts'
import { TemplateTable } from '../patterns/template.ts'
import { countTrace } from '../rollup/count-trace.ts'
import { RollupWriter } from '../rollup/file.ts'
import { weightOf } from '../sampling/threshold.ts'
import { openLocal } from '../storage/local.ts'
import { writeLocal } from '../storage/local-write.ts'
import { PackWriter } from '../storage/pack.ts'
import { inWorkFolder } from '../storage/work-folder.ts'
import { type Contents, emptyFacts, encodeContents, type TierFacts } from './contents.ts'
import { AttributeCounts, dropAttributes } from './diverse-attributes.ts'
import { exemplarsOf } from './exemplars.ts'
import { sectionsOf } from './sections.ts'
import { type Tier, type TierName, tierAt } from './tier-list.ts'

type Batches = AsyncIterable<readonly Trace[]>

/**
 * Writes traces as one file of tiers (FORMAT.md). How old a trace is shows only when the newest span has come, so the
 * stream goes to disk first, in parts, of which each section reads those that may have traces of its tier: memory does
 * not depend on the length of the stream, and any order will do.
 */
export async function encodeTiers(
  batches: Batches,
  sink: ByteSink,
  tiers: readonly Tier[],
  zstdLevel?: number,
): Promise<Contents> {
  return inWorkFolder(async folder => {
    const survey = new Survey(tiers)
    const parts = await spill(batches, folder, survey)
    return new TierWriter({ parts, sink, survey, zstdLevel }).write()
  })
}

const spillOptions = { codec: 'zstd', level: 1, blockBytes: 1 << 20 } as const
const partSpans = 1 << 13

/** Traces on disk. */
interface Part {
  readonly path: string
  /** Of the latest starts of its traces. */
  readonly extent: Extent
}

async function spill(batches: Batches, folder: string, survey: Survey): Promise<Part[]> {
  const parts: Part[] = []
  for await (const traces of regrouped(batches)) {
    let extent: Extent | undefined
    for (const trace of traces) extent = widened(extent, survey.add(trace))
    const path = join(folder, `traces-${parts.length}.cbor`)
    await writeLocal(path, sink => encodeCborFile(one(traces), sink, spillOptions))
    parts.push({ path, extent: extent! })
  }
  return parts
}

async function* regrouped(batches: Batches): Batches {
  let [traces, spanCount]: [Trace[], number] = [[], 0]
  for await (const batch of batches)
    for (const trace of batch) {
      traces.push(trace)
      spanCount += trace.spans.length
      if (spanCount < partSpans) continue
      yield traces
      ;[traces, spanCount] = [[], 0]
    }
  if (traces.length > 0) yield traces
}

async function* one(traces: readonly Trace[]): Batches {
  yield traces
}

/** What must be known of all traces before the first is written. */
class Survey {
  readonly tiers: readonly Tier[]
  readonly #attributes: AttributeCounts | undefined
  #extent: Extent | undefined

  constructor(tiers: readonly Tier[]) {
    this.tiers = tiers
    this.#attributes = tiers.some(({ name }) => name === 'renamed') ? new AttributeCounts() : undefined
  }

  /** Counts a trace; returns when the youngest of its spans starts. */
  add(trace: Trace): bigint {
    this.#attributes?.add(trace)
    this.#extent = startsOf(trace, this.#extent)
    return startsOf(trace)![1]
  }

  get diverse(): string[] {
    return this.#attributes?.diverse() ?? []
  }

  /** A trace is as young as its youngest span. */
  tierOf(trace: Trace): Tier {
    return this.#tierAt(startsOf(trace)![1])
  }

  /** Whether traces of the part may be in the tier. */
  mayHold({ extent: [first, last] }: Part, name: TierName): boolean {
    const own = this.tiers.findIndex(tier => tier.name === name)
    return this.tiers.indexOf(this.#tierAt(last)) <= own && own <= this.tiers.indexOf(this.#tierAt(first))
  }

  #tierAt(start: bigint): Tier {
    const [first, newest] = this.#extent!
    return tierAt(this.tiers, newest - start, newest - first)
  }
}

function startsOf({ spans }: Trace, before?: Extent): Extent | undefined {
  let extent = before
  for (const { startNanos } of spans) extent = widened(extent, startNanos)
  return extent
}

class TierWriter {
  readonly #parts: readonly Part[]
  readonly #survey: Survey
  readonly #pack: PackWriter
  readonly #zstdLevel: number | undefined
  readonly #facts: ReadonlyMap<TierName, TierFacts>
  readonly #sections: Contents['sections'] = []
  readonly #exemplarCounts: number[] = []

  constructor(given: { parts: readonly Part[]; sink: ByteSink; survey: Survey; zstdLevel: number | undefined }) {
    this.#parts = given.parts
    this.#survey = given.survey
    this.#pack = new PackWriter(given.sink)
    this.#zstdLevel = given.zstdLevel
    this.#facts = new Map(given.survey.tiers.map(tier => [tier.name, emptyFacts(tier)]))
  }

  async write(): Promise<Contents> {
    const dropped = this.#survey.diverse
    const names = new Set(dropped)
    const writers: Record<string, (sink: ByteSink) => Promise<void>> = {
      rollup: sink => this.#writeRollup(sink),
      exemplars: sink => this.#writeExemplars(sink),
      renamed: sink =>
        this.#writeBlock(
          sink,
          mapped(this.#counted('renamed'), trace => renameSpanIds(dropAttributes(trace, names))),
        ),
      exact: sink => this.#writeBlock(sink, this.#counted('exact')),
    }
    for (const name of sectionsOf(this.#survey.tiers)) await this.#put(name, writers[name]!)
    const facts = [...this.#facts.values()]
    const contents = { tiers: facts, sections: this.#sections, dropped, exemplarCounts: this.#exemplarCounts }
    await this.#pack.put('contents', sink => sink.write(encodeContents(contents)))
    await this.#pack.finish()
    return contents
  }

  async #put(name: string, write: (sink: ByteSink) => Promise<void>): Promise<void> {
    let [byteLength, sum] = [0, 0]
    await this.#pack.put(name, sink =>
      write({
        write: chunk => {
          byteLength += chunk.length
          sum = checksum(chunk, sum)
          return sink.write(chunk)
        },
      }),
    )
    this.#sections.push({ name, byteLength, checksum: sum })
  }

  async #writeRollup(sink: ByteSink): Promise<void> {
    const rollup = new RollupWriter(sink, this.#zstdLevel)
    const traces = [this.#counted('rollup'), this.#tracesOf('exemplars')]
    for (const batches of traces)
      for await (const batch of joinSpelled(batches)) {
        for (const trace of batch) countTrace(rollup, trace, weightOf)
        await rollup.write()
      }
    await rollup.finish()
  }

  #writeExemplars(sink: ByteSink): Promise<void> {
    return this.#writeBlock(sink, exemplarsOf(this.#counted('exemplars'), this.#exemplarCounts))
  }

  #writeBlock(sink: ByteSink, batches: Batches): Promise<void> {
    const config: BlockpackConfig = profiles.default
    return encodeBlockpack(
      batches,
      sink,
      this.#zstdLevel === undefined ? config : { ...config, compressionLevel: this.#zstdLevel },
    )
  }

  async *#tracesOf(name: TierName): Batches {
    for (const part of this.#parts.filter(part => this.#survey.mayHold(part, name)))
      for await (const batch of readPart(part)) {
        const own = batch.filter(trace => this.#survey.tierOf(trace).name === name)
        if (own.length > 0) yield own
      }
  }

  /** The traces of a tier, which are counted as they pass. */
  async *#counted(name: TierName): Batches {
    const facts = this.#facts.get(name)
    if (facts === undefined) return
    const table = name === 'exact' ? undefined : new TemplateTable()
    const templates: number[] = []
    let extent: Extent | undefined
    for await (const batch of this.#tracesOf(name)) {
      for (const trace of batch) {
        facts.traceCount++
        facts.spanCount += trace.spans.length
        for (const { traceState } of trace.spans) if (weightOf(trace.traceId, traceState) !== 1) facts.sampledCount++
        extent = startsOf(trace, extent)
        if (table) {
          const template = table.of(trace)
          templates[template] = (templates[template] ?? 0) + weightOf(trace.traceId, trace.spans[0]!.traceState)
        }
      }
      yield batch
    }
    facts.templates = templates.map((count, template) => [table!.template(template).key, count])
    if (extent) facts.starts = [`${extent[0]}`, `${extent[1]}`]
  }
}

async function* readPart({ path }: Part): Batches {
  const file = await openLocal(path)
  try {
    yield* decodeCborFile(file)
  } finally {
    await file.close()
  }
}

async function* mapped(batches: Batches, change: (trace: Trace) => Trace): Batches {
  for await (const batch of batches) yield batch.map(change)
}
