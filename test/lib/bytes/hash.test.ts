import { expect, test } from 'vitest'
import { hashText, mix32 } from '../../../lib/bytes/hash.ts'
import { drawsOf } from '../../support/draws.ts'

/** Both words of a hash, the upper one first. */
function hexOf(write: (out: Uint32Array) => void): string {
  const out = new Uint32Array(2)
  write(out)
  return [out[1], out[0]].map(word => word.toString(16).padStart(8, '0')).join('')
}

const textHex = (text: string, seed?: number) => hexOf(out => hashText(text, out, 0, seed))

test('golden values: files hold them, so they never change', () => {
  expect({
    empty: textHex(''),
    a: textHex('a'),
    ab: textHex('ab'),
    name: textHex('http.status_code'),
    odd: textHex('frontend!'),
    surrogates: textHex('\udc00x\ud800'),
    seed: textHex('a', 1),
    bytes: textHex(Buffer.from('5b8efff798038103d269b633813fc60c', 'hex').toString('utf16le')),
  }).toEqual({
    empty: 'e6a07bb8ab10b4d8',
    a: 'cb4eac77b95eadeb',
    ab: '25ec4b8e2ea8dc83',
    name: '624b4289c109db0a',
    odd: '112b9e1ef775f677',
    surrogates: '36562d308f9492ab',
    seed: 'c984a176614b6b38',
    bytes: '644f3284fc7791e5',
  })
  expect([0, 1, 2, 2 ** 32 - 1].map(mix32)).toEqual([0x0, 0x688990c0, 0xd1132181, 0x6768824a])
})

test('the length counts, and so does the seed', () => {
  const zeros = Array.from({ length: 20 }, (_, length) => textHex('\0'.repeat(length)))
  const seeds = Array.from({ length: 20 }, (_, seed) => textHex('a', seed))
  expect(new Set([...zeros, ...seeds]).size).toBe(40)
})

test('it is written where it should be', () => {
  const out = new Uint32Array(4)
  hashText('a', out, 2)
  expect([...out.subarray(0, 2)]).toEqual([0, 0])
  expect(hexOf(into => into.set(out.subarray(2)))).toBe(textHex('a'))
})

const count = 200_000
const families: [string, (i: number) => string][] = [
  ['numbers', i => String(i)],
  ['paths', i => `/api/v1/users/${i}/orders`],
  ['padded', i => i.toString(16).padStart(32, '0')],
  ['one word', i => String.fromCharCode(i & 0xffff, i >> 16)],
  ['low bits of four units', i => String.fromCharCode(i & 31, (i >> 5) & 31, (i >> 10) & 31, i >> 15)],
  [
    'upper bits of units',
    i => [...i.toString(2).padStart(18, '0')].map(bit => (bit === '1' ? '\u8000' : '\0')).join(''),
  ],
]

test.each(families)('%s: no more collisions in a word than chance has, none in both', (_, text) => {
  const out = new Uint32Array(2)
  const [low, high, both] = [new Set<number>(), new Set<number>(), new Set<number>()]
  for (let i = 0; i < count; i++) {
    hashText(text(i), out)
    low.add(out[0])
    high.add(out[1])
    both.add(out[1] * 2 ** 20 + (out[0] >>> 12))
  }
  expect(both.size).toBe(count)
  // 4.7 are expected; more than 16 come once in 70,000 times.
  expect(count - low.size).toBeLessThanOrEqual(16)
  expect(count - high.size).toBeLessThanOrEqual(16)
})

test('each bit of the input changes each bit of the hash half of the time (seed 7)', () => {
  const draw = drawsOf(7)
  const rounds = 1000
  const [before, after] = [new Uint32Array(2), new Uint32Array(2)]
  for (let bit = 0; bit < 10 * 8; bit++) {
    const changes = new Uint32Array(64)
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(Array.from({ length: 10 }, () => draw() * 256))
      hashText(bytes.toString('utf16le'), before)
      bytes[bit >> 3] ^= 1 << (bit & 7)
      hashText(bytes.toString('utf16le'), after)
      for (let i = 0; i < 64; i++) changes[i] += ((before[i >> 5] ^ after[i >> 5]) >>> (i & 31)) & 1
    }
    for (const seen of changes) expect(Math.abs(seen / rounds - 0.5)).toBeLessThan((0.5 / Math.sqrt(rounds)) * 6)
  }
})
