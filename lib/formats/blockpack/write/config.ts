import { type GeneralCodec, generalCodecs } from '../../../codecs/compress.ts'
import { LabError } from '../../../error.ts'
import { hint } from '../../../nearest.ts'

/** How a blockpack file is written. A reader needs none of it: the file says what it is. */
export type BlockpackConfig = {
  compressionCodec: GeneralCodec
  compressionLevel: number
  columnBlockSize: number
  writeBufferSize: number
  enableDictionary: boolean
  dictionaryMaxSize: number
  enableMinhash: boolean
  minhashPermutations: number
  enableBitPacking: boolean
}

/** What a setting may be. */
export type Rule =
  | { kind: 'boolean' }
  | { kind: 'integer'; min: number; max: number }
  | { kind: 'choice'; choices: readonly string[] }

export interface Setting {
  /** As in files of configuration: `compression_codec`. */
  key: string
  name: keyof BlockpackConfig
  rule: Rule
  /** What it means, in a phrase. */
  describe: string
}

/** Only what somebody set. */
export type Given = Partial<BlockpackConfig>

const maxByteLength = 2 ** 30
const maxPrinted = 60
const bytes: Rule = { kind: 'integer', min: 1, max: maxByteLength }
const boolean: Rule = { kind: 'boolean' }

/** The nine keys, in the order of documentation. */
export const settings: readonly Setting[] = [
  setting('compressionCodec', { kind: 'choice', choices: generalCodecs }, 'codec of column pages'),
  setting(
    'compressionLevel',
    { kind: 'integer', min: 0, max: 22 },
    'level of zstd, at 1 with less tried; the other codecs have none',
  ),
  setting('columnBlockSize', bytes, 'bytes of a column page before compression'),
  setting('writeBufferSize', bytes, 'bytes that the writer holds before it hands them on'),
  setting('enableDictionary', boolean, 'store strings that repeat once'),
  setting('dictionaryMaxSize', bytes, 'bytes of a dictionary; strings beyond are stored where they stand'),
  setting('enableMinhash', boolean, 'an index of similar traces'),
  setting(
    'minhashPermutations',
    { kind: 'integer', min: 1, max: 4096 },
    'bits of the signature of a trace in that index',
  ),
  setting('enableBitPacking', boolean, 'store integers in as few bits as they take'),
]

const byKey = new Map(settings.map(one => [one.key, one]))

const defaults: BlockpackConfig = {
  compressionCodec: 'zstd',
  compressionLevel: 3,
  columnBlockSize: 65_536,
  writeBufferSize: 1_048_576,
  enableDictionary: true,
  dictionaryMaxSize: 1_048_576,
  enableMinhash: true,
  minhashPermutations: 128,
  enableBitPacking: true,
}

/** Configurations by name, `default` first. */
export const profiles = {
  default: defaults,
  'high-throughput': {
    ...defaults,
    compressionLevel: 1,
    columnBlockSize: 131_072,
    writeBufferSize: 2_097_152,
    enableMinhash: false,
  },
  'max-compression': {
    ...defaults,
    compressionLevel: 13,
    columnBlockSize: 196_608,
    dictionaryMaxSize: 2_097_152,
  },
  'low-memory': {
    ...defaults,
    compressionCodec: 'snappy',
    columnBlockSize: 32_768,
    writeBufferSize: 524_288,
    dictionaryMaxSize: 262_144,
    enableMinhash: false,
  },
} as const satisfies Record<string, BlockpackConfig>

export type ProfileName = keyof typeof profiles

/** A configuration, and what of the settings has no effect, a line each. */
export interface Configured {
  config: BlockpackConfig
  warnings: string[]
}

/** The configuration of a flat map by key, over a profile. `subject` names where the map is from, for messages. */
export function parseConfig(
  given: Record<string, unknown>,
  subject: string,
  profile: ProfileName = 'default',
): Configured {
  return configure(profile, ...Object.entries(given).map(([key, value]) => parseSetting(key, value, subject)))
}

/** One setting by its key; one that is unknown, or a value that it may not have, is an `invalid` error. */
export function parseSetting(key: string, value: unknown, subject: string): Given {
  const found = byKey.get(key)
  if (found === undefined) {
    const keys = [...byKey.keys()]
    throw new LabError('invalid', `${subject}: unknown key ${key}${hint(key, keys)}; known are ${keys.join(', ')}`)
  }
  if (isAllowed(value, found.rule)) return { [found.name]: value }
  const suggestion = found.rule.kind === 'choice' ? hint(String(value), found.rule.choices) : ''
  throw new LabError('invalid', `${subject}: ${key} ${print(value)}: needs ${printRule(found.rule)}${suggestion}`)
}

/** A profile with what was set in its place, the last one counting. */
export function configure(profile: ProfileName, ...given: readonly Given[]): Configured {
  const set: Given = Object.assign({}, ...given)
  const config = { ...profiles[profile], ...set }
  return { config, warnings: set.compressionLevel === undefined ? [] : idleLevel(config) }
}

/** A warning of a level that was set, where it has no effect. */
export function idleLevel({ compressionCodec, compressionLevel }: BlockpackConfig): string[] {
  if (compressionCodec === 'zstd') return []
  return [`compression_level ${compressionLevel}: no effect, ${compressionCodec} has no levels`]
}

/** What a setting may be, in words. */
export function printRule(rule: Rule): string {
  if (rule.kind === 'boolean') return 'true or false'
  return rule.kind === 'choice' ? `one of ${rule.choices.join(', ')}` : `an integer from ${rule.min} to ${rule.max}`
}

export function isAllowed(value: unknown, rule: Rule): boolean {
  if (rule.kind === 'boolean') return typeof value === 'boolean'
  if (rule.kind === 'choice') return typeof value === 'string' && rule.choices.includes(value)
  return Number.isInteger(value) && (value as number) >= rule.min && (value as number) <= rule.max
}

/** A value in a few words: a text in quotes but where it can be taken for nothing else. */
function print(value: unknown): string {
  if (Array.isArray(value)) return '(a list)'
  if (typeof value === 'object' && value !== null) return '(a map)'
  if (typeof value !== 'string') return String(value)
  const text = value.length > maxPrinted ? `${value.slice(0, maxPrinted)}…` : value
  return /^[a-z][\w-]*$/i.test(text) && !['true', 'false', 'null'].includes(text) ? text : JSON.stringify(text)
}

function setting(name: keyof BlockpackConfig, rule: Rule, describe: string): Setting {
  return { key: name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`), name, rule, describe }
}
