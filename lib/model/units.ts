/** The parts of an input that are left out one by one where they are bad. */
export const units = [
  'line',
  'span',
  'trace',
  'ResourceSpans',
  'message',
  'document',
  'rest of the file',
  'file',
] as const

export type Unit = (typeof units)[number]

/** Decides what a bad part of an input means: that reading ends, or goes on without it. */
export interface Units {
  /** True where reading goes on. */
  readonly skipsBad: boolean
  /** What `read` gives of one unit; undefined where it fails and the unit is left out. */
  attempt<T>(unit: Unit, read: () => T): T | undefined
  /** Throws the error, or counts a unit that is left out for it. */
  bad(unit: Unit, error: unknown): void
}

/** Reading ends at the first bad unit. */
export const strictUnits: Units = {
  skipsBad: false,
  attempt: (_, read) => read(),
  bad: (_, error) => {
    throw error
  },
}
