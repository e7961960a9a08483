/** The content of an input that the page names; with the number of its spans that are read, 1 where it is not given. */
export interface Fixture {
  bytes: Uint8Array | string
  spanCount?: number
}

/** Fixtures by the name that the page's first column gives them. */
export type Fixtures = Record<string, Fixture>
