import { profiles } from '../lib/blockpack/config.ts'
import { decodeBlockpack } from '../lib/blockpack/reader.ts'
import { encodeBlockpack } from '../lib/blockpack/writer.ts'
import { exact, type Options, type Phase } from './phase.ts'

/** The configuration of a variant; the harness's zstd level takes the place of a profile's. */
function configOf({ profile, zstdLevel }: Options) {
  const config = profiles[(profile ?? 'default') as keyof typeof profiles]
  return typeof zstdLevel === 'number' ? { ...config, compressionLevel: zstdLevel } : config
}

const phase: Phase = {
  title: 'blockpack',
  idea: 'A searchable block: typed column pages, each told by its statistics, dictionaries and indexes behind them.',
  fidelity: exact,
  variants: Object.fromEntries(Object.keys(profiles).map(profile => [profile, { profile }])),
  encode: (batches, sink, options) => encodeBlockpack(batches, sink, configOf(options)),
  decode: file => decodeBlockpack(file),
}

export default phase
