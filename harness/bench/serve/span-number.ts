/**
 * Ids that look random, and from which it follows which span of which round has them: of the id of a span, the low half
 * is its number in the capture, the high half that and the round, each mixed by a bijection of 32 bits (the finalizer of
 * MurmurHash3, Appleby 2008).
 */

const otherMix = 0x5bd1e995

function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function unmix(mixed: number): number {
  let value = Math.imul(mixed ^ (mixed >>> 16), 0x7ed1b41d)
  value = Math.imul(value ^ (value >>> 13) ^ (value >>> 26), 0xa5cb9243)
  return (value ^ (value >>> 16)) >>> 0
}

/** What the first four bytes of all ids of a round are combined with, by exclusive or. */
export function roundKey(round: number): number {
  return mix(round)
}

/** The id of a span in round 0, in hexadecimal. */
export function spanIdOf(number: number): string {
  return hex(mix(number ^ otherMix)) + hex(mix(number + 1))
}

/** What an id of round 0 is in another one. */
export function idIn(round: number, id: string): string {
  return hex((Number.parseInt(id.slice(0, 8), 16) ^ roundKey(round)) >>> 0) + id.slice(8)
}

/** The round and the number of the span with an id. */
export function spanOf(id: string): { readonly round: number; readonly number: number } {
  const number = unmix(Number.parseInt(id.slice(8), 16)) - 1
  const key = (Number.parseInt(id.slice(0, 8), 16) ^ mix(number ^ otherMix)) >>> 0
  return { round: unmix(key), number }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
