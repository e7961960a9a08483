const maxSlots = 1 << 21
const initialSlots = 1 << 10
/** Words of a slot: the pair that is its key, of which the first is never 0 in a used slot, and two counts. */
const slotWords = 4

/**
 * Two counts for each pair of 32-bit numbers, in one open-addressed table. It grows to two million slots; one that is
 * half full then forgets all, so that memory stays bounded on any data.
 */
export class CountTable {
  /** A slot's counts are at the position that `slot` returns and at the next. */
  counts: Uint32Array = new Uint32Array(initialSlots * slotWords)
  #mask = initialSlots - 1
  #size = 0

  /** Makes room for `count` more pairs: slots found afterwards stay valid for as many calls. */
  reserve(count: number): void {
    const slots = this.#mask + 1
    if ((this.#size + count) * 2 <= slots) return
    if (slots < maxSlots) this.#grow(slots * 2)
    else {
      this.counts.fill(0)
      this.#size = 0
    }
  }

  /** Where the counts of a pair are, two zeros where it is new. */
  slot(a: number, b: number): number {
    const low = a >>> 0 || 1
    const high = b >>> 0
    const words = this.counts
    for (let place = mix(low, high) & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = place * slotWords
      if (words[at] === low && words[at + 1] === high) return at + 2
      if (words[at] !== 0) continue
      words[at] = low
      words[at + 1] = high
      this.#size++
      return at + 2
    }
  }

  #grow(slots: number): void {
    const old = this.counts
    this.counts = new Uint32Array(slots * slotWords)
    this.#mask = slots - 1
    this.#size = 0
    for (let at = 0; at < old.length; at += slotWords) {
      if (old[at] === 0) continue
      const copy = this.slot(old[at], old[at + 1])
      this.counts[copy] = old[at + 2]
      this.counts[copy + 1] = old[at + 3]
    }
  }
}

/** A 32-bit number from two, well mixed (the steps of MurmurHash3's finaliser). */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
