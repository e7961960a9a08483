import { growingCodes } from '../../bytes/growing.ts'
import { firstWhere } from '../../bytes/search.ts'

/** How many rows came up to which offset: where a range of offsets begins and ends among the rows. */
export class RowMarks {
  readonly #start: number
  /** Both ascending, an entry per record; offsets are relative to the first. */
  readonly #ends = growingCodes()
  readonly #rows = growingCodes()

  /** No offset comes before `start`. */
  constructor(start: number) {
    this.#start = start
  }

  /** There are `rowCount` rows up to, not including, the offset `end`. */
  add(end: number, rowCount: number): void {
    this.#ends.push(end - this.#start)
    this.#rows.push(rowCount)
  }

  /** The rows of records before an offset. */
  rowsBefore(offset: number): number {
    const after = firstWhere(this.#ends.length, i => this.#ends.at(i) > offset - this.#start)
    return after === 0 ? 0 : this.#rows.at(after - 1)
  }

  /** The first end of a record up to which there are so many rows; undefined where there are fewer. */
  endOf(rowCount: number): number | undefined {
    const place = firstWhere(this.#rows.length, i => this.#rows.at(i) >= rowCount)
    return place === this.#rows.length ? undefined : this.#ends.at(place) + this.#start
  }
}
