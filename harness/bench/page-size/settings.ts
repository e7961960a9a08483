import type { BlockpackConfig } from '../../../lib/formats/blockpack/write/config.ts'

/** One way of writing blockpack that is measured. */
export interface Setting {
  readonly name: string
  /** What is set beside the default configuration. */
  readonly given: Partial<BlockpackConfig>
}

/** A codec over several sizes of pages: a line of the curves. */
export interface Curve {
  readonly codec: string
  readonly given: Partial<BlockpackConfig>
}

const curves: readonly Curve[] = [
  { codec: 'none', given: { compressionCodec: 'none' } },
  { codec: 'snappy', given: { compressionCodec: 'snappy' } },
  { codec: 'lz4', given: { compressionCodec: 'lz4' } },
  { codec: 'zstd 3', given: { compressionLevel: 3 } },
  { codec: 'zstd 9', given: { compressionLevel: 9 } },
]

/** `column_block_size`: from page groups of the fewest spans to those of the most. */
const blockSizes: readonly number[] = [4_096, 32_768, 65_536, 131_072, 196_608]

/** The default, and what it is without each of its parts: the difference is their tax. */
const taxed: readonly Setting[] = [
  { name: 'default', given: {} },
  { name: 'without similar traces', given: { enableMinhash: false } },
  { name: 'without dictionaries', given: { enableDictionary: false } },
  { name: 'without bit packing', given: { enableBitPacking: false } },
]

/** What is measured. */
export interface Plan {
  readonly curves: readonly Curve[]
  readonly blockSizes: readonly number[]
  readonly taxed: readonly Setting[]
}

export const usualPlan: Plan = { curves, blockSizes, taxed }
