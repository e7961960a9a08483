import { failure, mapOf, place } from '../../../wire/yaml.ts'
import { blockPath, parseBlockSettings } from '../../tempo-yaml.ts'
import { type Given, parseSetting } from './config.ts'

const ownVersion = 'vblockpack'

/**
 * What the YAML of a Tempo user sets for blockpack: the map `blockpack` of `storage.trace.block`, whose `version` must be
 * `vblockpack`. Nothing else of the file counts. What is wrong is an `invalid` error that names the file, the line where
 * it is known, and the key.
 */
export function parseTempoConfig(text: string, file: string): Given {
  const { yaml, block } = parseBlockSettings(text, file)
  const versionPath = [...blockPath, 'version']
  if (block.version === undefined) throw failure(yaml, versionPath, `is missing, needs ${ownVersion}`)
  if (block.version !== ownVersion) throw failure(yaml, versionPath, `is ${block.version}, needs ${ownVersion}`)
  const path = [...blockPath, 'blockpack']
  const settings = Object.entries(mapOf(yaml, block.blockpack ?? {}, path)).map(([key, value]) =>
    parseSetting(key, value, `${place(yaml, [...path, key])}${path.join('.')}`),
  )
  return Object.assign({}, ...settings)
}
