import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCases } from '../../../../lib/conformance/cases.ts'
import { LabError } from '../../../../lib/error.ts'
import { compileRegex } from '../../../../lib/regex/regex.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { parse } from '../../../../lib/traceql/language/parser.ts'
import { caretLines } from '../../../../lib/traceql/language/parser-error.ts'
import { print } from '../../../../lib/traceql/language/print.ts'
import { anyCharacter, seeded } from '../../../support/arbitrary.ts'
import { arbitraryQuery } from './arbitrary-query.ts'
import { withoutPlaces } from './places.ts'

const tokens =
  '{ } ( ) [ ] , | || && & ! != !~ !> !>> !< !<< =~ = > >> >= < << <= ~ &> &>> &~ + - * / % ^ . .a span.b parent.c ' +
  'span:name name duration trace: event:x foo "x" `y` "\\d" " ` 1 2.5 .5 3s 1h30 1e 9223372036854775808 nil true ok ' +
  'server minInt count min( count() by select coalesce() rate() quantile_over_time( compare( topk( with( IN NOT // /* # \\'

/** Parsing, checking and printing either work or fail with a place; whatever else is thrown fails the test. */
function expectJudged(text: string): void {
  try {
    const query = parse(text)
    expect(withoutPlaces(parse(print(query)))).toEqual(withoutPlaces(query))
    parseQuery(text)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    expect(error.message).toMatch(/^traceql at line \d+, column \d+: ./)
    expect(caretLines(text, error)).toContain('^')
  }
}

describe('any text parses or fails with a place', () => {
  test('of tokens', () => {
    const soup = fc.array(fc.constantFrom(...tokens.split(' ')), { maxLength: 12 })
    fc.assert(
      fc.property(soup, fc.constantFrom('', ' '), (words, blank) => expectJudged(words.join(blank))),
      seeded(5_000),
    )
  })

  test('of characters', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 30 }), expectJudged), seeded(2_000))
  })

  test('of a query that was cut, or lost a character', () => {
    fc.assert(
      fc.property(arbitraryQuery, fc.nat(), (query, at) => {
        const text = print(query)
        const offset = at % (text.length + 1)
        expectJudged(text.slice(0, offset))
        expectJudged(text.slice(0, offset) + text.slice(offset + 1))
      }),
      seeded(1_000),
    )
  })

  test('of the conformance suite, whole, cut, or without a character', () => {
    const queries = readCases().map(({ request }) => request.query)
    for (const query of queries) expectJudged(query)
    fc.assert(
      fc.property(fc.constantFrom(...queries), fc.nat(), (query, at) => {
        const offset = at % (query.length + 1)
        expectJudged(query.slice(0, offset))
        expectJudged(query.slice(0, offset) + query.slice(offset + 1))
      }),
      seeded(1_000),
    )
  })
})

test('any regex compiles or fails with a place, and matches without an error', () => {
  const parts = fc.constantFrom(
    ...'a b . * + ? {2} {1,3} { } ( ) | [ ] ^ $ - \\ \\d \\b \\pL \\Q \\E (?i) (?: (?P<n> [[:alpha:]] é 😀'.split(' '),
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 10 }), fc.string({ unit: anyCharacter, maxLength: 20 }), (some, text) => {
      try {
        compileRegex(some.join(''))(text)
      } catch (error) {
        if (!(error instanceof LabError)) throw error
        expect(error.message).toMatch(/^regex at character \d+: ./)
      }
    }),
    seeded(5_000),
  )
})
