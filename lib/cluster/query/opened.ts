import { byteLengthOf, type RangeReader } from '../../bytes/range.ts'
import { LabError, naming } from '../../error.ts'
import { blockpackSource } from '../../formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../formats/blockpack/read/reader.ts'
import { vparquetSource } from '../../formats/vparquet/source.ts'
import type { SpanSource } from '../../model/scan.ts'
import { namedSource } from '../../search/named-source.ts'
import { StaleError } from '../../serve/api/answer.ts'
import { openTempoBlock } from '../../serve/blocks/tempo-block.ts'
import { atMost } from '../../storage/at-most.ts'
import { idOf, nameOf, openPlace, type Place, type Shelves } from './place.ts'
import { ReopeningReader } from './reopening.ts'

interface Opened {
  readonly source: SpanSource
  /** What is held of it at most, once all was asked for. */
  readonly byteLength: number
  readonly file: ReopeningReader
}

/** Files that are opened at the same time. */
const openAtOnce = 16
/** What strings and numbers take beside the compressed bytes that they are made of: an estimate. */
const growth = 3
/** The hash of an id and its position. */
const bytesPerTrace = 8

/**
 * Blocks and pieces that are open, by id, and what was read of their tables of contents, directories, indexes and
 * dictionaries: never more than `maxBytes`, by what all of that would take. Those go first that were not asked for the
 * longest. Pages are not held.
 */
export class OpenedFiles {
  readonly #shelves: Shelves
  readonly #maxBytes: number
  /** In the order of their last use. */
  readonly #opened = new Map<string, Promise<Opened>>()
  readonly #sizes = new Map<string, number>()
  readonly #turn = atMost(openAtOnce)
  #byteLength = 0

  constructor(shelves: Shelves, maxBytes: number) {
    this.#shelves = shelves
    this.#maxBytes = maxBytes
  }

  /** Of what is held. */
  get byteLength(): number {
    return this.#byteLength
  }

  get count(): number {
    return this.#sizes.size
  }

  /** What is held, for people. */
  facts() {
    return { heldFiles: this.count, heldBytes: this.#byteLength, maxHeldBytes: this.#maxBytes }
  }

  /** The source of a place, as it is held or opened now. */
  async source(place: Place): Promise<SpanSource> {
    const id = idOf(place)
    const known = this.#opened.get(id)
    const opening = known ?? this.#turn(() => open(place, this.#shelves))
    this.#opened.delete(id)
    this.#opened.set(id, opening)
    if (known === undefined) await this.#enter(id, opening)
    return (await opening).source
  }

  async #enter(id: string, opening: Promise<Opened>): Promise<void> {
    try {
      const { byteLength } = await opening
      if (this.#opened.get(id) !== opening) return
      this.#sizes.set(id, byteLength)
      this.#byteLength += byteLength
    } catch (error) {
      this.forget(id)
      throw error
    }
    for (const [oldest] of this.#opened) {
      if (this.#byteLength <= this.#maxBytes) return
      if (this.#sizes.has(oldest)) this.forget(oldest)
    }
  }

  /** Lets go of a file; who reads it reads on. */
  forget(id: string): void {
    const opening = this.#opened.get(id)
    this.#opened.delete(id)
    this.#byteLength -= this.#sizes.get(id) ?? 0
    this.#sizes.delete(id)
    opening?.then(({ file }) => file.release()).catch(() => {})
  }
}

async function open(place: Place, shelves: Shelves): Promise<Opened> {
  const name = nameOf(place)
  const file = await ReopeningReader.open(() => whileThere(name, () => openPlace(place, shelves)))
  try {
    const { byteLength } = file
    const read: RangeReader['read'] = ranges => whileThere(name, () => file.read(ranges))
    if (place.kind === 'block' && place.tempo !== undefined) {
      const { tempo } = place
      const block = await naming(name, () => openTempoBlock(shelves.store, tempo, { byteLength, read }))
      const { footer } = block
      const held = growth * footer.byteLength + bytesPerTrace * footer.rowCount
      return { source: namedSource(name, vparquetSource(block)), byteLength: held, file }
    }
    const reader = await naming(name, () => BlockpackReader.open({ byteLength, read }))
    const { pageGroups, traceCount } = reader.block.toc
    const pageBytes = pageGroups.reduce((sum, { bandRanges }) => sum + byteLengthOf(bandRanges), 0)
    return {
      source: namedSource(name, blockpackSource(reader)),
      byteLength: growth * (byteLength - pageBytes) + bytesPerTrace * traceCount,
      file,
    }
  } catch (error) {
    await file.release()
    throw error
  }
}

/** What is done with a file: one that is gone is told apart. */
async function whileThere<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof LabError && error.kind === 'missing')
      throw new StaleError(`${name}: it has gone while it was asked: ${error.message}`)
    throw error
  }
}
