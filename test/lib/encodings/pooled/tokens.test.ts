import { expect, test } from 'vitest'
import {
  codesOf,
  decodeTokens,
  encodeTokens,
  frequentTokens,
  TokenTable,
  Vocabulary,
} from '../../../../lib/encodings/pooled/tokens.ts'
import { LabError } from '../../../../lib/error.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'

const seed = Number(process.env.SEED ?? 20261129)
const fail = (message: string): never => {
  throw new LabError('corrupt', message)
}

function roundTrip(texts: readonly Buffer[], minTexts: number, vocabularyLimit: number): Buffer[] {
  const table = new TokenTable()
  const numbers = texts.map(text => table.add(text))
  const tokens = table.tokens()
  const vocabulary = frequentTokens(tokens, minTexts).slice(0, vocabularyLimit)
  const codes = codesOf(tokens, vocabulary)
  // A vocabulary goes on growing after it was used.
  const grown = new Vocabulary([...vocabulary, 'later', '::'])
  return texts.map((text, i) =>
    decodeTokens(encodeTokens(numbers[i]!, codes, tokens, vocabulary.length), grown, text.length, fail),
  )
}

test.each([
  ['nothing', ['']],
  ['one space', [' ']],
  ['spaces at both ends', [' a ', '  a  b ']],
  ['one word', ['word']],
  ['words and spaces', ['a b  c   d', 'a b c']],
  ['no words', ['!?', ', , ,']],
  ['a long token', ['x'.repeat(100_000), `${'x'.repeat(100_000)} ${'-'.repeat(70)}`]],
  ['bytes beyond ASCII', ['é è ê', '文 字 列']],
])('tokens come back: %s', (_, texts) => {
  const buffers = texts.map(text => Buffer.from(text))
  const isSame = (found: Buffer[]) => found.every((text, i) => text.equals(buffers[i]!))
  for (const minTexts of [1, 2])
    for (const limit of [0, 1, 100]) expect(isSame(roundTrip(buffers, minTexts, limit))).toBe(true)
})

test(`drawn bytes come back (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  const alphabet = Buffer.from([0x20, 0x20, 0x61, 0x62, 0x2c, 0xc3, 0x00, 0xff])
  for (let round = 0; round < drawn(300); round++) {
    const texts = Array.from({ length: 3 }, () =>
      Buffer.from(Array.from({ length: Math.floor(draw() * 80) }, () => alphabet[Math.floor(draw() * 8)]!)),
    )
    expect(roundTrip(texts, 1 + (round % 2), round % 5)).toEqual(texts)
  }
})

test.each<[string, Partial<Parameters<typeof decodeTokens>[0]>, RegExp]>([
  ['a code beyond the vocabulary', { codes: [4] }, /token 4 of 2/],
  ['another token before its first', { codes: [3], others: ['x'] }, /token 3 of 2/],
  ['more new tokens than there are', { codes: [0, 0], others: ['x'] }, /token 0 of 2/],
  ['tokens that nothing names', { codes: [1], others: ['x'] }, /expected 4/],
  ['more bytes than expected', { codes: [1, 1, 1] }, /tokens of 5 bytes, expected 4/],
  ['fewer bytes than expected', { codes: [1] }, /tokens of 2 bytes, expected 4/],
  ['more of the vocabulary than there is', { vocabularySize: 3 }, /a vocabulary of 3 of 2/],
])('refused: %s', (_, forged, message) => {
  const tokens = { vocabularySize: 2, codes: [1], others: [], ...forged }
  expect(() => decodeTokens(tokens, new Vocabulary(['ab', '--']), 4, fail)).toThrow(message)
})
