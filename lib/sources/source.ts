import type { Trace } from '../model/trace.ts'

/** What a source could not carry into the model, by field. */
export interface Dropped {
  field: string
  count: number
}

/** Counts what is dropped, by field, in the order of first sight. */
export class Losses {
  readonly #counts = new Map<string, number>()

  drop(field: string, count = 1): void {
    this.#counts.set(field, (this.#counts.get(field) ?? 0) + count)
  }

  list(): Dropped[] {
    return [...this.#counts].map(([field, count]) => ({ field, count }))
  }
}

/** One format that traces come in. */
export interface Source {
  /** What `--format` calls it. */
  readonly name: string
  readonly title: string
  /** True where the input, of which `head` is the first part (64 KiB or all of it), looks like this format. */
  detect(head: Uint8Array): boolean
  /**
   * The input's traces as pieces: spans of a trace may lie in several pieces and batches, in the order of the input.
   * Errors are `LabError`s that begin with the place: `byte 812: …` or `line 3: …`.
   */
  read(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]>
}
