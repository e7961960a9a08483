import type { Random } from '../random.ts'
import { zipfTable } from '../tables.ts'
import type { Timing } from '../timing.ts'
import type { Words } from '../words.ts'

const onsets = 'b c d f g h l m n p r s t v w br ch cl cr dr fl gr pl pr sh st th tr'.split(' ')
const vowels = 'a e i o u ai ea ee io ou'.split(' ')
const codas = ['', '', '', 'n', 'r', 's', 't', 'l', 'm', 'd', 'nd', 'st']

const wordCount = 3000
const ranks = zipfTable(wordCount, 4)
const shortest = 4
const longest = 17
const sentencesPerParagraph = 4

/** Text in a language of its own: words by Zipf's law in sentences. It repeats words, as people do, and nothing longer. */
export class Prose {
  readonly #random: Random
  readonly #words: Words
  readonly #vocabulary: readonly string[]

  /** The vocabulary is drawn from `hidden`; a word counts when it is first said. */
  constructor(random: Random, hidden: Random, words: Words) {
    this.#random = random
    this.#words = words
    this.#vocabulary = makeVocabulary(hidden)
  }

  word(): string {
    const word = this.#vocabulary[this.#random.draw('text', ranks)]
    this.#words.add(word)
    return word
  }

  /** So many words. */
  phrase(count: number): string {
    return Array.from({ length: count }, () => this.word()).join(' ')
  }

  sentence(): string {
    const phrase = this.phrase(shortest + this.#random.below('text', longest - shortest + 1))
    return `${phrase[0].toUpperCase()}${phrase.slice(1)}.`
  }

  /** Paragraphs with so many sentences in all, at least one. */
  text(sentences: Timing): string {
    const count = Math.max(1, sentences.draw(this.#random, 'text', 1))
    let text = this.sentence()
    for (let i = 1; i < count; i++) text += (i % sentencesPerParagraph === 0 ? '\n\n' : ' ') + this.sentence()
    return text
  }
}

/** Distinct words; the frequent ones are short. */
function makeVocabulary(random: Random): string[] {
  const words = new Set<string>()
  while (words.size < wordCount) {
    const syllables = words.size < 100 ? 1 : words.size < 1000 ? 2 : 3
    let word = ''
    for (let i = 0; i < syllables; i++) word += random.pick('', onsets) + random.pick('', vowels)
    words.add(word + random.pick('', codas))
  }
  return [...words]
}
