/**
 * How pages of whole numbers are laid out: differences or the numbers themselves, over a unit and above a base, in the layout
 * that costs least (FORMAT.md of blockpack, Numbers). All are below 2^52 in magnitude.
 */

import { type IntegerEncoding, integerEncodings } from '../integers.ts'

export const layouts = { constant: 0, packed: 1, planes: 2, split: 3 } as const
export type Layout = (typeof layouts)[keyof typeof layouts]

/** The encodings of the layouts that store a number per row. */
export const encodings: Readonly<Record<Exclude<Layout, 0>, IntegerEncoding>> = {
  [layouts.packed]: integerEncodings.packed,
  [layouts.planes]: integerEncodings.planes,
  [layouts.split]: integerEncodings.split,
}

/** In the head of a page, above its layout. */
export const flag = { deltas: 4, folded: 8, unit: 16 } as const

/** In place of a head: numbers predicted by contexts that the reader has. */
export const predictedHead = 32

/** Steps of clocks that occur, s to 100 ns: numbers are stored in the largest unit that divides nearly all. */
export const clockUnits: readonly number[] = [1e9, 1e6, 1e3, 100]
export const limit: number = 2 ** 52
