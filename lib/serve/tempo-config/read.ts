import { parseSetting } from '../../formats/blockpack/write/config.ts'
import { hint } from '../../nearest.ts'
import { contentOf, failure, mapOf, parseYaml, place, type Yaml, type YamlPath } from '../../wire/yaml.ts'
import { defaultServerConfig, type ServerConfig } from '../server-config.ts'
import { expandEnv } from './expand-env.ts'
import type { Draft, Key } from './key.ts'
import { blockpackPath, receiverPaths } from './keys.ts'

/** A configuration as it was read, and the keys of the file that have no meaning here. */
export interface ReadConfig<C> {
  readonly config: C
  readonly ignored: readonly string[]
  /** Keys of the file that were taken. */
  readonly taken: ReadonlySet<string>
}

const receiversPath = 'distributor.receivers'
/** What Tempo may be asked for that is so in any case. */
const granted = new Map<string, unknown>([
  ['target', 'all'],
  ['stream_over_http_enabled', true],
  ['storage.trace.block.version', 'vblockpack'],
])

/** The keys that a file may have, and the sections that they are in. */
interface Table {
  readonly leaves: ReadonlySet<string>
  readonly sections: ReadonlySet<string>
}

/** The defaults of one process, to be changed. */
export function draftConfig(): Draft<ServerConfig> {
  return structuredClone(defaultServerConfig) as Draft<ServerConfig>
}

/**
 * Reads the YAML of a Tempo user, of version 2 or 3, over a configuration, by a table of keys. What is wrong is an `invalid`
 * error with file, line and key.
 */
export function readTempoConfig<C extends Draft<ServerConfig>>(
  text: string,
  file: string,
  env: NodeJS.ProcessEnv,
  config: C,
  keys: readonly Key<C>[],
): ReadConfig<C> {
  const yaml = parseYaml(expandEnv(text, file, env), file, '1.1')
  const found = new Found(yaml, tableOf(keys))
  found.visit(contentOf(yaml), [])
  if (found.receivers.size > 0) listenOnlyTo(found.receivers, yaml, config)
  for (const key of keys) takeOne(key, found.values, yaml, config)
  return { config, ignored: found.ignored, taken: new Set(found.values.keys()) }
}

function tableOf(keys: readonly { readonly paths: readonly string[] }[]): Table {
  const leaves = new Set(keys.flatMap(({ paths }) => paths))
  // All that keys are below, and the document.
  const below = [...leaves, ...Object.values(receiverPaths).map(path => `${path}.`)]
  const sections = below.flatMap(path => path.split('.').map((_, i, parts) => parts.slice(0, i).join('.')))
  return { leaves, sections: new Set(sections) }
}

/** What a document has, by key. */
class Found {
  readonly values = new Map<string, { readonly path: YamlPath; readonly value: unknown }>()
  readonly ignored: string[] = []
  /** Paths below `distributor.receivers`, where it has any. */
  readonly receivers = new Set<string>()
  readonly #yaml: Yaml
  readonly #table: Table

  constructor(yaml: Yaml, table: Table) {
    this.#yaml = yaml
    this.#table = table
  }

  visit(value: unknown, path: YamlPath): void {
    const name = path.join('.')
    const { leaves, sections } = this.#table
    if (name.startsWith(`${receiversPath}.`)) this.receivers.add(name)
    if (isEmpty(value)) return
    if (leaves.has(name)) this.values.set(name, { path, value })
    else if (sections.has(name)) {
      const map = mapOf(this.#yaml, value, path)
      for (const [key, own] of Object.entries(map)) this.visit(own, [...path, key])
    } else if (path.length > 0 && granted.get(name) !== value) this.#ignore(name, value, path)
  }

  #ignore(name: string, value: unknown, path: YamlPath): void {
    // A mistyped one of the nine keys is refused, as `convert` does.
    const [parent, key] = [path.slice(0, -1), String(path.at(-1))]
    if (parent.join('.') === blockpackPath) parseSetting(key, value, `${place(this.#yaml, path)}${blockpackPath}`)
    const siblings = [...this.#table.leaves, ...this.#table.sections].filter(
      known => known.slice(0, -1 - lastOf(known).length) === parent.join('.'),
    )
    this.ignored.push(`${name}${hint(key, siblings.map(lastOf), maxMistyped)}`)
  }
}

/** Tempo has keys that differ little from those with a meaning here. */
const maxMistyped = 2

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** Where receivers are named, the others do not listen. */
function listenOnlyTo(found: ReadonlySet<string>, yaml: Yaml, { listen }: Draft<ServerConfig>): void {
  const names = Object.keys(receiverPaths) as (keyof typeof receiverPaths)[]
  for (const name of names) if (!found.has(receiverPaths[name])) listen[name] = undefined
  if (names.every(name => listen[name] === undefined))
    throw failure(yaml, receiversPath.split('.'), 'has none of otlp.protocols.grpc, otlp.protocols.http, zipkin')
}

/** Takes a key in whichever spelling it is given; two that differ are an error. */
function takeOne<C>(key: Key<C>, values: Found['values'], yaml: Yaml, config: C): void {
  const [given, ...others] = key.paths.flatMap(path => values.get(path) ?? [])
  if (given === undefined) return
  const other = others.find(({ value }) => value !== given.value)
  if (other !== undefined)
    throw failure(
      yaml,
      other.path,
      `is ${print(other.value)}, but ${given.path.join('.')} is ${print(given.value)}: they mean the same`,
    )
  if (!key.take(config, given.value)) throw failure(yaml, given.path, `is ${print(given.value)}, needs ${key.needs}`)
}

function print(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
