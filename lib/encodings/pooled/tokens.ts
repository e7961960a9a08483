import { ByteWriter } from '../../bytes/writer.ts'
import type { Fail } from '../counts.ts'

const space = 0x20
/** Longer tokens are written where they stand. */
const maxTokenLength = 64
const minSlots = 1 << 15

/** A distinct token. */
export interface Token {
  readonly token: string
  readonly count: number
  readonly textCount: number
}

/**
 * The distinct tokens of texts, a byte a character. A token is a longest stretch of letters, digits, `_` and bytes beyond
 * ASCII (a word), or of all other bytes; a space that is all that stands between two words is none.
 */
export class TokenTable {
  readonly #bytes = new ByteWriter(1 << 16)
  /** What it holds. */
  #view = this.#bytes.view()
  /** By token: where it ends. */
  readonly #ends: number[] = []
  readonly #counts: number[] = []
  /** By token: how many texts have it, and the last of them. */
  readonly #textCounts: number[] = []
  readonly #lastTexts: number[] = []
  #text = 0
  readonly #hashes: number[] = []
  /** By hash: the number of a token, plus 1. */
  #slots = new Int32Array(minSlots)
  /** Those of the text at hand. */
  #numbers = new Uint32Array(0)

  /** The numbers of the tokens of a text, in the order in which they first occurred. */
  add(text: Buffer): Uint32Array {
    this.#text++
    if (this.#numbers.length < text.length) this.#numbers = new Uint32Array(text.length)
    const numbers = this.#numbers
    const { length } = text
    let [count, start] = [0, 0]
    while (start < length) {
      const isWord = isWordByte[text[start]!]
      let [end, hash] = [start, 0]
      for (; end < length && isWordByte[text[end]!] === isWord; end++)
        hash = (Math.imul(hash ^ text[end]!, 0x9e3779b1) + 1) | 0
      const isImplied = end - start === 1 && text[start] === space && start > 0 && end < length
      if (!isImplied) numbers[count++] = this.#number(text, start, end, hash)
      start = end
    }
    return numbers.slice(0, count)
  }

  /** The distinct tokens, how often each occurred, and in how many texts. */
  tokens(): Token[] {
    return this.#counts.map((count, i) => ({
      token: this.#view.toString('latin1', i === 0 ? 0 : this.#ends[i - 1], this.#ends[i]),
      count,
      textCount: this.#textCounts[i]!,
    }))
  }

  #number(text: Buffer, start: number, end: number, hash: number): number {
    const mixed = hash ^ (hash >>> 15)
    const mask = this.#slots.length - 1
    let slot = mixed & mask
    for (let number = this.#slots[slot]!; number > 0; number = this.#slots[slot]!) {
      if (this.#hashes[number - 1] === mixed && this.#isToken(number - 1, text, start, end)) {
        this.#count(number - 1)
        return number - 1
      }
      slot = (slot + 1) & mask
    }
    this.#slots[slot] = this.#ends.length + 1
    this.#bytes.raw(text.subarray(start, end))
    this.#view = this.#bytes.view()
    this.#ends.push(this.#bytes.length)
    this.#hashes.push(mixed)
    this.#counts.push(1)
    this.#textCounts.push(1)
    this.#lastTexts.push(this.#text)
    if (this.#ends.length * 2 > this.#slots.length) this.#grow()
    return this.#ends.length - 1
  }

  #count(number: number): void {
    this.#counts[number]!++
    if (this.#lastTexts[number] === this.#text) return
    this.#lastTexts[number] = this.#text
    this.#textCounts[number]!++
  }

  #isToken(number: number, text: Buffer, start: number, end: number): boolean {
    const from = number === 0 ? 0 : this.#ends[number - 1]!
    if (this.#ends[number]! - from !== end - start) return false
    const bytes = this.#view
    for (let i = start; i < end; i++) if (bytes[from + i - start] !== text[i]) return false
    return true
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4)
    const mask = this.#slots.length - 1
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = hash & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = number + 1
    }
  }
}

/** Of distinct tokens those that occur twice, in `minTexts` texts, the most frequent first. */
export function frequentTokens(tokens: readonly Token[], minTexts: number): string[] {
  const frequent = tokens.filter(
    ({ token, count, textCount }) => count > 1 && textCount >= minTexts && token.length <= maxTokenLength,
  )
  return frequent.sort((a, b) => b.count - a.count).map(({ token }) => token)
}

/** Tokens by their code, as one stretch of bytes. */
export class Vocabulary {
  readonly #bytes: Buffer
  readonly #ends: Uint32Array
  readonly size: number

  constructor(tokens: readonly string[]) {
    this.#bytes = Buffer.from(tokens.join(''), 'latin1')
    this.size = tokens.length
    let end = 0
    this.#ends = Uint32Array.from(tokens, token => {
      end += token.length
      return end
    })
  }

  /** Writes a token to `out` and returns where it ends, which may be beyond the end of `out`: then nothing is written. */
  put(code: number, out: Buffer, at: number): number {
    const [start, end] = [code === 0 ? 0 : this.#ends[code - 1]!, this.#ends[code]!]
    const bytes = this.#bytes
    const isApart = at > 0 && isWordByte[bytes[start]!] === 1 && isWordByte[out[at - 1]!] === 1
    const from = isApart ? at + 1 : at
    const to = from + end - start
    if (to > out.length) return to
    if (isApart) out[at] = space
    for (let i = start, place = from; i < end; i++) out[place++] = bytes[i]!
    return to
  }
}

/** Tokens as codes: 0 for the next of the others, then those of the vocabulary, then the others that have been. */
export interface CodedTokens {
  /** How much of the vocabulary there was. */
  readonly vocabularySize: number
  readonly codes: ArrayLike<number>
  /** Tokens that the vocabulary lacks. */
  readonly others: readonly string[]
}

/** Codes of a text's tokens by number; `codes` has that of each number, 0 for those that are not in the vocabulary. */
export function encodeTokens(
  numbers: Uint32Array,
  codes: Uint32Array,
  tokens: readonly Token[],
  vocabularySize: number,
): { vocabularySize: number; codes: Uint32Array; others: string[] } {
  const others = new Map<number, number>()
  const coded = new Uint32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!
    coded[i] = codes[number]!
    if (coded[i]! > 0) continue
    const other = others.get(number)
    if (other === undefined) others.set(number, others.size)
    else coded[i] = vocabularySize + 1 + other
  }
  return { vocabularySize, codes: coded, others: Array.from(others.keys(), number => tokens[number]!.token) }
}

/** By number of a token: its code, which is 0 for one that the vocabulary lacks. */
export function codesOf(tokens: readonly Token[], vocabulary: readonly string[]): Uint32Array {
  const codes = new Map(vocabulary.map((token, code) => [token, code + 1]))
  return Uint32Array.from(tokens, ({ token }) => codes.get(token) ?? 0)
}

/** The text of tokens, which must have `byteLength` bytes. */
export function decodeTokens(
  { vocabularySize, codes, others }: CodedTokens,
  vocabulary: Vocabulary,
  byteLength: number,
  fail: Fail,
): Buffer {
  const own = new Vocabulary(others)
  const out = Buffer.allocUnsafe(byteLength)
  if (vocabularySize > vocabulary.size) fail(`a vocabulary of ${vocabularySize} of ${vocabulary.size} tokens`)
  const firstOther = vocabularySize + 1
  let [at, otherCount] = [0, 0]
  for (let i = 0; i < codes.length && at <= byteLength; i++) {
    const code = codes[i]!
    const other = code === 0 ? otherCount++ : code - firstOther
    if (other >= own.size || (code > 0 && other >= otherCount)) fail(`token ${code} of ${vocabularySize}`)
    at = other < 0 ? vocabulary.put(code - 1, out, at) : own.put(other, out, at)
  }
  if (at !== byteLength || otherCount !== own.size) fail(`tokens of ${at} bytes, expected ${byteLength}`)
  return out
}

/** How many codes tokens may have. */
export function codeCount({ vocabularySize, others }: Omit<CodedTokens, 'codes'>): number {
  return vocabularySize + 1 + others.length
}

const isWordByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /\w/.test(String.fromCharCode(byte)) ? 1 : 0,
)
