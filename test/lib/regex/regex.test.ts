import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError, messageOf } from '../../../lib/error.ts'
import { compileRegex } from '../../../lib/regex/regex.ts'
import { seeded } from '../../support/arbitrary.ts'

describe('a pattern matches whole texts', () => {
  test.each<[pattern: string, yes: readonly string[], no: readonly string[]]>([
    ['', [''], ['a']],
    ['foo', ['foo'], ['', 'fo', 'food', 'xfoo']],
    ['foo|bar|', ['foo', 'bar', ''], ['baz', 'foobar']],
    ['prod-.*', ['prod-', 'prod-eu\n1'], ['dev-prod-1']],
    ['^foo$', ['foo'], ['foo\n']],
    ['a^b|a$b', [], ['ab', 'a^b']],
    ['[a-c]+\\d{2,3}', ['a12', 'cab123'], ['a1', 'a1234', '12']],
    ['(?:ab){2}c?', ['abab', 'ababc'], ['ab', 'ababab']],
    ['x{0}y{0,1}z{2,}', ['zz', 'yzzz'], ['z', 'xzz']],
    ['a{,2}|a{01}|{|}', ['a{,2}', 'a{01}', '{', '}'], ['aa', 'a']],
    ['(a*)*b', ['b', 'aaab'], ['a']],
    ['(|a)+', ['', 'aa'], ['b']],
    ['a.c', ['abc', 'a\nc', 'a😀c'], ['ac', 'abbc']],
    ['(?-s)a.c', ['abc'], ['a\nc']],
    ['(?-s:a.)b.', ['axb\n'], ['a\nbx']],
    ['[^a]', ['b', '\n', '😀'], ['a', '']],
    ['(?i)straSSe', ['STRASSE', 'ſtrasse'], ['straße']],
    ['(?i:k)K', ['kK', 'KK', '\u212aK'], ['kk']],
    ['a(?i)b(?-i)c|D', ['abc', 'aBc', 'D'], ['ABc', 'abC', 'd']],
    ['(?i)[^k]', ['x'], ['k', 'K', '\u212a']],
    ['(?i)[α-γ]', ['Α', 'γ'], ['δ']],
    ['(?i)\\x{1E9E}', ['ß', 'ẞ'], ['ss']],
    ['(?P<year>\\d+)-(?<month>\\d+)', ['2026-11'], ['2026']],
    ['(?U)a+?(?mi-sU:b)', ['ab', 'aaB'], ['b']],
    ['\\pN+', ['1²Ⅷ'], ['a']],
    ['\\p{Greek}\\P{Greek}\\p{^Greek}', ['αaa'], ['aaa', 'ααα']],
    ['[\\p{Lu}\\d-]+', ['A1-'], ['a']],
    ['\\p{Any}', ['\ud800', 'x'], ['']],
    ['[[:alpha:]_][[:^digit:]]', ['ax', '__'], ['1x', 'a1']],
    ['[]a][^]a][a-]', [']x-', 'axa'], ['b]-']],
    ['[[:x]+', ['[:x'], ['y']],
    ['[\\]\\\\\\-]+', [']\\-'], ['a']],
    ['[a\\d]+[\\D]', ['a1x'], ['a11']],
    ['\\Qa.b*\\E+', ['a.b*', 'a.b***'], ['a.b', 'axb*']],
    ['\\Q\\n', ['\\n'], ['\n']],
    ['\\Aa\\z', ['a'], ['a\n']],
    ['(?m)a$\\n^b', ['a\nb'], ['ab']],
    ['.*\\bfoo\\b.*', ['foo', 'a foo b', '-foo-'], ['afoo', 'foo_']],
    ['a\\Bb', ['ab'], []],
    ['a\\bb', [], ['ab']],
    ['\\w\\s\\W\\S', ['a -b', '_\t\n.'], ['é  x', 'a\v-b']],
    ['\\a\\f\\t\\n\\r\\v\\x41\\x{1F600}\\101\\07\\.\\/\\_', ['\x07\f\t\n\r\vA😀A\x07./_'], []],
    ['😀{2}', ['😀😀'], ['😀']],
  ])('%s', (pattern, yes, no) => {
    const matches = compileRegex(pattern)
    expect(yes.filter(text => !matches(text))).toEqual([])
    expect(no.filter(text => matches(text))).toEqual([])
  })
})

describe('what RE2 does not know is refused', () => {
  test.each([
    ['(', 1, 'a ( without its )'],
    ['a)', 2, 'a ) without its ('],
    ['[a', 1, 'a [ without its ]'],
    ['[]', 1, 'a [ without its ]'],
    ['*a', 1, '* repeats nothing'],
    ['a|+', 3, '+ repeats nothing'],
    ['(?i)*', 5, '* repeats nothing'],
    ['{2}', 1, '{2} repeats nothing'],
    ['a**', 3, '* behind a repetition: RE2 has no possessive and no stacked ones'],
    ['a*+', 3, '+ behind a repetition: RE2 has no possessive and no stacked ones'],
    ['a{2}{3}', 5, '{3} behind a repetition: RE2 has no possessive and no stacked ones'],
    ['a{1001}', 2, 'more than 1000 repetitions, nested ones multiplied'],
    ['(a{100}){11}', 9, 'more than 1000 repetitions, nested ones multiplied'],
    ['a{3,2}', 2, '{3,2} ends before it begins'],
    ['(?=a)', 1, '(?=: RE2 looks neither ahead nor behind'],
    ['(?!a)', 1, '(?!: RE2 looks neither ahead nor behind'],
    ['(?<=a)', 1, '(?<=: RE2 looks neither ahead nor behind'],
    ['(?<!a)', 1, '(?<!: RE2 looks neither ahead nor behind'],
    ['(?>a)', 1, '(?> begins no group of RE2'],
    ['(?#a)', 1, '(?# begins no group of RE2'],
    ['(?x)a', 1, '(?x begins no group of RE2'],
    ['(?P<a>x)(?P<a>y)', 9, 'two groups are named a'],
    ['(a)\\1', 4, '\\1: RE2 has no references to groups'],
    ['(?P<a>x)\\k<a>', 9, '\\k: RE2 has no references to groups'],
    ['a\\Z', 2, '\\Z is not in RE2: write \\z'],
    ['\\y', 1, '\\y is no escape of RE2'],
    ['\\é', 1, '\\é is no escape of RE2'],
    ['\\', 1, 'a \\ without what it escapes'],
    ['[\\b]', 2, '\\b is no escape of RE2'],
    ['[a-\\d]', 4, '\\d is no escape of RE2'],
    ['[b-a]', 2, 'a range that ends before it begins'],
    ['[[:foo:]]', 2, '[:foo:] is no class that is known'],
    ['\\p{Foo}', 1, '\\p{Foo} is no class that is known'],
    ['\\x{110000}', 1, 'a character beyond U+10FFFF'],
  ])('%s', (pattern, character, message) => {
    expect(failureOf(pattern)).toBe(`regex at character ${character}: ${message}`)
  })

  test('as is what would be too large', () => {
    expect(failureOf('(a{500}b{500}){20}')).toContain('repetitions')
    expect(failureOf('a{1000}'.repeat(11))).toBe('regex: more than 10000 steps once written out')
    expect(failureOf('('.repeat(100_000))).toContain('nested more than 500 deep')
    expect(failureOf('[\\pL\\pN]'.repeat(14_000))).toContain('classes that are too large together')
    expect(failureOf(`(?i)${'[b-y]'.repeat(20_000)}`)).toContain('classes that are too large together')
    expect(failureOf(`\\p{${'A'.repeat(100_000)}}`)).toHaveLength(89)
  })
})

function failureOf(pattern: string): string {
  try {
    compileRegex(pattern)
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    return messageOf(error)
  }
  throw new Error(`${pattern} compiles`)
}

describe('no pattern hangs', () => {
  const long = 'a'.repeat(100_000)
  test.each<[pattern: string, text: string, expected: boolean]>([
    ['(a+)+$', `${long}!`, false],
    ['(a*)*b', long, false],
    ['(a|a)*b', long, false],
    ['(a|aa)+', long, true],
    ['(.*)*,(.*)*,(.*)*x', `${long},${long},`, false],
    ['(?i)(x+x+)+y', 'xX'.repeat(50_000), false],
    ['(a?){500}a{500}', 'a'.repeat(500), true],
    ['^B{1000}$', 'B'.repeat(1_000), true],
    ['.*a.{300}', 'ab'.repeat(50_000), false],
    ['[ab]*a[ab]{300}', randomLetters(50_000, 7), true],
    [`(${'x'.repeat(40)}|${'y'.repeat(40)}){100}.*`, 'y'.repeat(100_000), true],
  ])('%s', (pattern, text, expected) => {
    const begun = performance.now()
    expect(compileRegex(pattern)(text)).toBe(expected)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test('thousands of different classes are told apart', () => {
    const points = Array.from({ length: 9_000 }, (_, index) => String.fromCodePoint(0x3000 + index))
    const matches = compileRegex(points.map(point => `[^${point}]`).join(''))
    expect(matches('a'.repeat(9_000))).toBe(true)
    expect(matches(points.toReversed().join(''))).toBe(true)
    expect(matches(points.join(''))).toBe(false)
  })

  test('thousands of alternatives are looked up', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `service-${index}`)
    const matches = compileRegex(names.join('|'))
    expect(names.every(matches)).toBe(true)
    expect(matches('service-10000')).toBe(false)
  })

  test('a text that needs too many states leaves nothing wrong behind', () => {
    const matches = compileRegex('[ab]*a[ab]{900}')
    const text = randomLetters(20_000, 11)
    const expected = text[text.length - 901] === 'a'
    for (let round = 0; round < 3; round++) {
      expect(matches(text)).toBe(expected)
      expect(matches(`a${'b'.repeat(900)}`)).toBe(true)
      expect(matches(`b${'b'.repeat(900)}`)).toBe(false)
    }
  })
})

/** The letters a and b, mixed; the 301st from the end is an a. */
function randomLetters(length: number, seed: number): string {
  let state = seed
  const letters = Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state & 0x10000 ? 'a' : 'b'
  })
  letters[length - 301] = 'a'
  return letters.join('')
}

test('agrees with the engine of JavaScript where both read a pattern alike', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    'A',
    'ab',
    '.',
    '[ab]',
    '[^a]',
    '\\w',
    '\\b',
    '\\B',
    '^',
    '$',
    'é',
    '😀',
    '\\n',
    '',
  )
  const { pattern } = fc.letrec<{ pattern: string }>(tie => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(?:${left}|${right})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}?', '*?'))
        .map(([part, repeat]) => `(?:${part})${repeat}`),
    ),
  }))
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'A', 'é', '😀', '\n', ' '), { maxLength: 8 })
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(pattern, fc.array(texts, { minLength: 1, maxLength: 10 }), fc.boolean(), (source, some, fold) => {
      const expected = new RegExp(`^(?:${source})$`, fold ? 'isu' : 'su')
      const matches = compileRegex(fold ? `(?i)${source}` : source)
      for (const text of some) expect([text, matches(text)]).toEqual([text, expected.test(text)])
    }),
    seeded(2_000),
  )
})

test('folds case as the engine of JavaScript does', () => {
  for (const letter of 'kKsSßμΩåÅÿŸǆǅǄθϑϴιͅᏸꭰıİ') {
    const expected = new RegExp(`^${letter}$`, 'isu')
    const matches = compileRegex(`(?i)${letter}`)
    for (let point = 0; point < 0x12000; point++) {
      const other = String.fromCodePoint(point)
      if (matches(other) !== expected.test(other)) expect(`${letter} ${point.toString(16)}`).toBe('the same')
    }
  }
})
