import type { Kind } from './kinds.ts'

/** A configuration while it is being read. */
export type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T

/** A key of Tempo's configuration, or one of ours, that has a meaning here, for drafts of configurations. */
export interface Key<C> {
  /** Its spellings in the versions of Tempo. */
  readonly paths: readonly string[]
  readonly needs: string
  /** Sets what was read; false where the value may not be. */
  take(config: C, given: unknown): boolean
  /** The value that holds, as a file has it; undefined where there is none. */
  show(config: C): unknown
}

/** A key for one field of a part of a configuration. */
export function key<C, T extends object, K extends keyof T>(
  paths: string | readonly string[],
  part: (config: C) => T,
  name: K,
  kind: Kind<T[K]>,
): Key<C> {
  return {
    paths: [paths].flat(),
    needs: kind.needs,
    take(config, given) {
      const read = kind.read(given)
      if (read !== undefined) part(config)[name] = read.value
      return read !== undefined
    },
    show: config => (part(config)[name] === undefined ? undefined : kind.print(part(config)[name])),
  }
}
