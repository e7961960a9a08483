import { blockpack } from '../lib/formats/blockpack/format.ts'
import { blockpackParts } from '../lib/formats/blockpack/parts.ts'
import { blockpackSource } from '../lib/formats/blockpack/query/source.ts'
import { BlockpackReader, decodeBlockpack } from '../lib/formats/blockpack/read/reader.ts'
import {
  type BlockpackConfig,
  configure,
  type Given,
  type ProfileName,
  profiles,
} from '../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../lib/formats/blockpack/write/writer.ts'
import { exact, type Options, type Phase } from './phase.ts'

/** A variant's profile with what else is set by the names of the configuration; the harness's zstd level counts last. */
function configOf({ profile, zstdLevel, ...given }: Options): BlockpackConfig {
  const level = typeof zstdLevel === 'number' ? { compressionLevel: zstdLevel } : {}
  return configure((profile ?? 'default') as ProfileName, given as Given, level).config
}

const phase: Phase = {
  title: 'blockpack',
  idea: 'A searchable block: typed column pages, each told by its statistics, dictionaries and indexes behind them.',
  fidelity: exact,
  variants: Object.fromEntries(Object.keys(profiles).map(profile => [profile, { profile }])),
  encode: (batches, sink, options) => encodeBlockpack(batches, sink, configOf(options)),
  decode: file => decodeBlockpack(file),
  onWorkers: {
    format: blockpack,
    encode: (batches, sink, options, workers) => encodeBlockpack(batches, sink, configOf(options), { workers }),
  },
  open: async file => blockpackSource(await BlockpackReader.open(file)),
  parts: blockpackParts,
}

export default phase
