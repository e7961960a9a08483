import type { LabError } from '../error.ts'
import { failure, mapOf, place, printPath, type Yaml, type YamlMap, type YamlPath } from '../wire/yaml.ts'

/** A setting that has no effect on what is replayed, or a part that cannot be replayed. */
export interface LeftOut {
  /** `collector.yaml: line 7: processors.tail_sampling.policies[3]` */
  readonly place: string
  readonly reason: string
}

interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly isWhole?: boolean
}

/**
 * A map of a collector's configuration, read key by key. What has the wrong type, or is impossible, is an `invalid` error
 * with file, line and key; keys that nobody has read are left over.
 */
export class Section {
  readonly path: YamlPath
  readonly #yaml: Yaml
  readonly #map: YamlMap
  readonly #read = new Set<string>()

  constructor(yaml: Yaml, value: unknown, path: YamlPath) {
    this.path = path
    this.#yaml = yaml
    this.#map = mapOf(yaml, value, path)
  }

  get place(): string {
    return `${place(this.#yaml, this.path)}${printPath(this.path)}`
  }

  keys(): string[] {
    return Object.keys(this.#map)
  }

  fail(key: string, message: string): LabError {
    return failure(this.#yaml, [...this.path, key], message)
  }

  text(key: string): string {
    return this.optionalText(key) ?? this.#missing(key)
  }

  optionalText(key: string): string | undefined {
    return this.#typed(key, 'string', 'a text')
  }

  /** A text of several; the first where the key is missing. */
  choice<T extends string>(key: string, names: readonly [T, ...T[]]): T {
    const given = this.optionalText(key)
    if (given === undefined || given === '') return names[0]
    const found = names.find(name => name === given)
    if (found === undefined) throw this.fail(key, `is ${JSON.stringify(given)}, needs one of ${names.join(', ')}`)
    return found
  }

  boolean(key: string, otherwise = false): boolean {
    return this.#typed<boolean>(key, 'boolean', 'true or false') ?? otherwise
  }

  number(key: string, bounds?: Bounds): number {
    return this.optionalNumber(key, bounds) ?? this.#missing(key)
  }

  optionalNumber(key: string, { min = -Infinity, max = Infinity, isWhole = false }: Bounds = {}): number | undefined {
    const value = this.#typed<number>(key, 'number', 'a number')
    if (value === undefined) return undefined
    if (isWhole && !Number.isInteger(value)) throw this.fail(key, `is ${value}, needs a whole number`)
    if (!(value >= min)) throw this.fail(key, `is ${value}, needs at least ${min}`)
    if (!(value <= max)) throw this.fail(key, `is ${value}, needs at most ${max}`)
    return value
  }

  texts(key: string): string[] {
    return this.#list(key).map((value, i) => {
      if (typeof value === 'string') return value
      throw failure(this.#yaml, [...this.path, key, i], `is ${JSON.stringify(value)}, needs a text`)
    })
  }

  section(key: string): Section {
    this.#read.add(key)
    return new Section(this.#yaml, this.#map[key], [...this.path, key])
  }

  has(key: string): boolean {
    return this.#map[key] !== undefined && this.#map[key] !== null
  }

  sections(key: string): Section[] {
    return this.#list(key).map((value, i) => new Section(this.#yaml, value, [...this.path, key, i]))
  }

  /** Those of the keys that are given; they count as read. */
  given(keys: readonly string[]): string[] {
    for (const key of keys) this.#read.add(key)
    return keys.filter(key => this.has(key))
  }

  /** What nobody has read, as left out. */
  unread(): LeftOut[] {
    return this.keys()
      .filter(key => !this.#read.has(key))
      .map(key => ({ place: `${this.#placeOf(key)}`, reason: 'is not known' }))
  }

  #placeOf(key: string): string {
    const path = [...this.path, key]
    return `${place(this.#yaml, path)}${printPath(path)}`
  }

  #list(key: string): readonly unknown[] {
    this.#read.add(key)
    const value = this.#map[key] ?? []
    if (!Array.isArray(value)) throw this.fail(key, `is ${JSON.stringify(value)}, needs a list`)
    return value
  }

  #typed<T>(key: string, type: 'string' | 'boolean' | 'number', words: string): T | undefined {
    this.#read.add(key)
    const given = this.#map[key]
    if (given === undefined || given === null) return undefined
    const value = type === 'number' && isGrouped(given) ? Number(given.replaceAll('_', '')) : given
    if (typeof value === type) return value as T
    throw this.fail(key, `is ${JSON.stringify(value)}, needs ${words}`)
  }

  #missing(key: string): never {
    throw this.fail(key, 'is missing')
  }
}

/** Go reads 100_000 as a number. */
function isGrouped(value: unknown): value is string {
  return typeof value === 'string' && /^\d+(?:_\d+)+$/.test(value)
}
