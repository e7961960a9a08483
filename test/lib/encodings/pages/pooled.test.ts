import { expect, test } from 'vitest'
import { zstdCompressor, zstdDecompressor } from '../../../../lib/codecs/compress.ts'
import { PageReader } from '../../../../lib/encodings/pages/page.ts'
import { type BlockChoice, decodeTextBlock, encodeTextBlock } from '../../../../lib/encodings/pages/pooled.ts'
import {
  codesOf,
  encodeTokens,
  frequentTokens,
  TokenTable,
  Vocabulary,
} from '../../../../lib/encodings/pooled/tokens.ts'
import { drawsOf } from '../../../support/draws.ts'

const draw = drawsOf(20261130)
const codec = { compress: zstdCompressor(3), packsBits: true }
const words = Array.from({ length: 600 }, () => Math.floor(draw() * 1e9).toString(36))
const prose = () =>
  Buffer.from(Array.from({ length: 4000 }, () => words[Math.floor(draw() ** 3 * words.length)]).join(' '))
const table = '{"status":"ok","rows":[1,2,3]},\n'

const encode = (bytes: Buffer, choice?: BlockChoice) => {
  const tokens = new TokenTable()
  const numbers = tokens.add(bytes)
  const vocabulary = frequentTokens(tokens.tokens(), 1)
  const coded = encodeTokens(numbers, codesOf(tokens.tokens(), vocabulary), tokens.tokens(), vocabulary.length)
  return { ...encodeTextBlock(codec, bytes, coded, choice), vocabulary }
}

test.each([
  ['words', false, prose()],
  ['random bytes', true, Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(draw() * 256)))],
  ['what repeats whole', false, Buffer.from(table.repeat(2000))],
])('a block of %s, as it is: %s, whatever the block before was where that was tried', (_, isPlain, bytes) => {
  const decompress = zstdDecompressor()
  const first = encode(bytes)
  expect(first.choice.isPlain).toBe(isPlain)
  for (const before of [prose(), Buffer.from(table.repeat(900))]) {
    const { stored, vocabulary } = encode(bytes, encode(before).choice)
    const reader = new PageReader(stored, 'block', 0, decompress)
    expect(decodeTextBlock(reader, bytes.length, new Vocabulary(vocabulary))).toEqual(bytes)
    expect(stored.length).toBeLessThanOrEqual(Math.max(first.stored.length, bytes.length / 3))
  }
})
