/** Whether the run draws all the cases that it knows: `THOROUGH=1 npm test`, as CI does. Other runs draw fewer. */
export const isThorough: boolean = process.env.THOROUGH === '1'

/** How many of the drawn cases of a test run: a fifth, and ten at least, where the run is not thorough. */
export function drawn(count: number): number {
  return isThorough ? count : Math.min(count, Math.max(10, Math.ceil(count / 5)))
}

/** How many threads the pools of a test have. */
export const workerCounts: readonly number[] = isThorough ? [1, 2, 3] : [2]
