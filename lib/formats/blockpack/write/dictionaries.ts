/** Dictionaries that span a file: they grow while it is written, and follow the data. */

/** Entries that a dictionary may have whatever it saves. */
export const freeEntries = 256
/** Beyond, it must have coded so many values per entry, and been of use to later pages so many times. */
const valuesPerEntry = 8
const hitsPerEntry = 1

/** The distinct strings of one column, in the order of first use. */
export class FileDictionary {
  readonly entries: string[] = []
  readonly #codes = new Map<string, number>()
  readonly isBinary: boolean
  readonly #maxBytes: number
  #byteLength = 0
  #valueCount = 0
  #hitCount = 0

  /** Strings of more than `maxBytes` characters in all are not accepted. */
  constructor(isBinary: boolean, maxBytes: number) {
    this.isBinary = isBinary
    this.#maxBytes = maxBytes
  }

  /** Of its entries, in characters. */
  get byteLength(): number {
    return this.#byteLength
  }

  /**
   * The codes of the distinct strings of `valueCount` values; -1 where one is unknown and, if the dictionary
   * `grows`, it takes no more.
   */
  codesOf(strings: readonly string[], valueCount: number, grows: boolean): Int32Array {
    this.#valueCount += valueCount
    const codes = new Int32Array(strings.length)
    for (let i = 0; i < strings.length; i++) {
      const known = this.#codes.get(strings[i]!)
      if (known !== undefined) this.#hitCount++
      codes[i] = known ?? (grows ? this.#add(strings[i]!) : -1)
    }
    return codes
  }

  /** Takes in the first strings that it has room for, up to `maxEntries` in all. */
  addAll(strings: readonly string[], maxEntries: number): void {
    for (const text of strings)
      if (
        this.entries.length < maxEntries &&
        !this.#codes.has(text) &&
        this.#byteLength + text.length <= this.#maxBytes
      )
        this.#put(text)
  }

  #add(text: string): number {
    const size = this.entries.length
    const isUsed = size * valuesPerEntry < this.#valueCount && size * hitsPerEntry < this.#hitCount
    const isWorthIt = size < freeEntries || isUsed
    if (!isWorthIt || this.#byteLength + text.length > this.#maxBytes) return -1
    this.#put(text)
    return size
  }

  #put(text: string): void {
    this.#byteLength += text.length
    this.#codes.set(text, this.entries.length)
    this.entries.push(text)
  }
}
