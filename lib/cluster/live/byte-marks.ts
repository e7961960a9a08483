/** Records below so many bytes are not told apart. */
const minBytes = 1 << 16

/** How many bytes of records came up to which offset, to about 64 KiB. */
export class ByteMarks {
  readonly #marks: { end: number; byteLength: number }[] = []

  /** `byteLength` more came, up to an offset. */
  add(end: number, byteLength: number): void {
    const last = this.#marks.at(-1)
    if (last === undefined || last.byteLength >= minBytes) this.#marks.push({ end, byteLength })
    else Object.assign(last, { end, byteLength: last.byteLength + byteLength })
  }

  /** Of what came after an offset. */
  bytesAfter(offset: number): number {
    return this.#marks.reduce((sum, { end, byteLength }) => (end > offset ? sum + byteLength : sum), 0)
  }

  /** Forgets what came up to an offset. */
  forget(offset: number): void {
    const first = this.#marks.findIndex(({ end }) => end > offset)
    this.#marks.splice(0, first < 0 ? this.#marks.length : first)
  }
}
