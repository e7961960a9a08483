import type { Range, RangeReader } from './range.ts'

/** Work on the bytes of a file: each step asks for ranges and is given their bytes, by whoever can read them. */
export type ReadSteps<T> = Generator<readonly Range[], T, Uint8Array[]>

/** A file of which the bytes are at hand, so that it need not be waited for. */
export interface MemoryFile extends RangeReader {
  readSync(ranges: readonly Range[]): Uint8Array[]
}

/** What the steps return, each waited for. */
export async function follow<T>(steps: ReadSteps<T>, read: RangeReader['read']): Promise<T> {
  let step = steps.next()
  while (!step.done) step = steps.next(await read(step.value))
  return step.value
}

/** The same at once. */
export function followSync<T>(steps: ReadSteps<T>, read: MemoryFile['readSync']): T {
  let step = steps.next()
  while (!step.done) step = steps.next(read(step.value))
  return step.value
}
