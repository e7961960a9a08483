import { printYaml } from '../../wire/yaml.ts'
import type { Key } from './key.ts'

/** The configuration that holds, as a file has it: under Tempo's keys, without secrets; and which keys have no meaning. */
export function printTempoConfig<C>(config: C, keys: readonly Key<C>[], ignored: readonly string[]): string {
  const root: Record<string, unknown> = {}
  for (const key of keys) {
    const value = key.show(config)
    if (value !== undefined) set(root, key.paths[0]!.split('.'), value)
  }
  return [printYaml(root).trimEnd(), ...ignored.map(name => `# has no meaning here: ${name}`), ''].join('\n')
}

function set(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let map = root
  for (const key of path.slice(0, -1)) {
    map[key] ??= {}
    map = map[key] as Record<string, unknown>
  }
  map[path.at(-1)!] = value
}
