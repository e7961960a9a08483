import { contentOf, failure, mapOf, parseYaml, type Yaml, type YamlMap } from '../wire/yaml.ts'

/** The YAML of a Tempo user, of which the settings of blocks matter; of version 1.1, as Tempo reads it. */

export const blockPath: readonly string[] = ['storage', 'trace', 'block']

/** The settings of `storage.trace.block`, with the document for errors about them. What is wrong is an `invalid` error. */
export function parseBlockSettings(text: string, file: string): { yaml: Yaml; block: YamlMap } {
  const yaml = parseYaml(text, file, '1.1')
  const content = contentOf(yaml)
  if (content === undefined || content === null) throw failure(yaml, blockPath, 'is missing')
  let block = mapOf(yaml, content, [])
  for (const [depth, key] of blockPath.entries()) block = mapOf(yaml, block[key], blockPath.slice(0, depth + 1))
  return { yaml, block }
}
