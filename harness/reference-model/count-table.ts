const maxSlots = 1 << 21
const initialSlots = 1 << 10

/**
 * Pairs of counts by a pair of 32-bit numbers, in one open-addressed table. It grows to two million slots; one that is
 * half full then forgets all, so that memory stays bounded on any data.
 */
export class CountTable {
  #mask = initialSlots - 1
  #size = 0
  #keys = new Uint32Array(initialSlots * 2)
  #isUsed = new Uint8Array(initialSlots)
  /** By slot, free for the owner. */
  first: Uint32Array = new Uint32Array(initialSlots)
  second: Uint32Array = new Uint32Array(initialSlots)

  /** Makes room for `count` more pairs: slots found afterwards stay valid for as many calls. */
  reserve(count: number): void {
    const slots = this.#mask + 1
    if ((this.#size + count) * 2 <= slots) return
    if (slots < maxSlots) this.#grow(slots * 2)
    else this.#clear()
  }

  /** The slot of a pair, made with two zeros where there is none. */
  slot(a: number, b: number): number {
    const [low, high] = [a >>> 0, b >>> 0]
    const keys = this.#keys
    for (let at = mix(low, high) & this.#mask; ; at = (at + 1) & this.#mask) {
      if (this.#isUsed[at] === 0) {
        this.#isUsed[at] = 1
        keys[2 * at] = low
        keys[2 * at + 1] = high
        this.#size++
        return at
      }
      if (keys[2 * at] === low && keys[2 * at + 1] === high) return at
    }
  }

  #clear(): void {
    this.#size = 0
    for (const array of [this.#keys, this.#isUsed, this.first, this.second]) array.fill(0)
  }

  #grow(slots: number): void {
    const [keys, isUsed, first, second] = [this.#keys, this.#isUsed, this.first, this.second]
    this.#mask = slots - 1
    this.#size = 0
    this.#keys = new Uint32Array(slots * 2)
    this.#isUsed = new Uint8Array(slots)
    this.first = new Uint32Array(slots)
    this.second = new Uint32Array(slots)
    for (let old = 0; old < isUsed.length; old++) {
      if (isUsed[old] === 0) continue
      const at = this.slot(keys[2 * old], keys[2 * old + 1])
      this.first[at] = first[old]
      this.second[at] = second[old]
    }
  }
}

/** A 32-bit number from two, well mixed (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
