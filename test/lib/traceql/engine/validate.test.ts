import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError, messageOf } from '../../../../lib/error.ts'
import { parseQuery, validate } from '../../../../lib/traceql/engine/validate.ts'
import {
  maxChildFields,
  maxFields,
  maxGroupStages,
  maxPipelines,
  maxQuantiles,
  maxSeriesStages,
} from '../../../../lib/traceql/language/limits.ts'
import { parse } from '../../../../lib/traceql/language/parser.ts'
import { caretLines } from '../../../../lib/traceql/language/parser-error.ts'
import { print } from '../../../../lib/traceql/language/print.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { arbitraryQuery } from '../language/arbitrary-query.ts'

describe('queries that make sense', () => {
  test.each([
    '{ }',
    '{ .a }',
    '{ !.a || .b + 1 = .c }',
    '{ -.a }',
    '{ duration > 1500 && duration < 2.5 && .a = 1ms }',
    '{ status = error && kind != server && .a = ok }',
    '{ .a = nil || name != nil || nil != duration || nil = nil }',
    '{ span."x y" = nil } | by(.a)',
    '{ (.a = 1) = true && true != .b }',
    '{ name =~ "a.*|b" && .a !~ `(?i)x\\d` }',
    '{ name >= "m" && .version < "2" }',
    '{ .a IN [1, 2.5, 3s] && name NOT IN ["x", "y"] && .b MATCH NONE ["x.*"] }',
    '{ event:timeSinceStart > 2ms && link:traceID != "" && instrumentation:version = "1" }',
    '{ } > { } | by(1 + .a) | coalesce() | count() > 2 | avg(duration * 2) > 1s | select(.a, name)',
    '({ .a } | count() > 1) &>> { .b }',
    '3 < max(.a)',
    '{ } | rate() by(.a, .b, .c, .d, .e) > 2 | topk(1) with(sample=true, unknown="x")',
    '{ } | quantile_over_time(duration, 0, .5, 1) | bottomk(3)',
    '{ } | histogram_over_time(span.bytes) by(name)',
    '{ } | compare({ status = error }, 1000, 1, 2)',
    '100 * ({ status = error } | rate()) / ({ } | rate()) > 5',
  ])('%s', text => {
    expect(() => parseQuery(text)).not.toThrow()
  })
})

describe('queries that make none', () => {
  test.each([
    ['{ .a && duration }', 9, '&& needs conditions, this is a duration'],
    ['{ "x" }', 3, '{ } needs a condition, this is a string'],
    ['{ nil }', 3, '{ } needs a condition, this is nil'],
    ['{ .a = 1 } > { 2 + 2 }', 16, '{ } needs a condition, this is an int'],
    ['{ !name }', 4, '! needs a condition, this is a string'],
    ['{ -true = 1 }', 4, '- needs a number or duration, this is a bool'],
    ['{ "a" + 1 = .b }', 3, '+ needs numbers or durations, this is a string'],
    ['{ name = 1 }', 3, 'a string cannot be compared with an int'],
    ['{ .a = 1 || status = 2 }', 13, 'a status cannot be compared with an int'],
    ['{ kind = ok }', 3, 'a kind cannot be compared with a status'],
    ['{ .a > true }', 8, '> needs an order, which a bool does not have'],
    ['{ .a >= nil }', 9, '>= needs an order, which nil does not have'],
    ['{ duration = nil }', 3, 'duration = nil: only attributes are compared with nil'],
    ['{ nil = resource.service.name }', 9, 'resource.service.name = nil: only attributes are compared with nil'],
    ['{ .a =~ .b }', 9, '=~ needs a regex in quotes on its right'],
    ['{ .a =~ 5 }', 9, '=~ needs a regex in quotes on its right'],
    ['{ duration =~ "5" }', 3, '=~ needs a string, this is a duration'],
    ['{ .a !~ "(?=x)" }', 9, 'regex at character 1: (?=: RE2 looks neither ahead nor behind'],
    ['{ .a MATCH ANY [1] }', 17, 'a regex in quotes is expected here'],
    ['{ .a MATCH NONE ["["] }', 18, 'regex at character 1: a [ without its ]'],
    ['{ name IN ["a", 1] }', 17, 'an int does not go with the operand or the first value'],
    ['{ .a IN [nil] }', 10, 'nil does not go with the operand or the first value'],
    ['{ 1 / 0 = .a }', 7, 'division by zero'],
    ['{ } | by(1)', 10, 'by of a constant: it needs an attribute or intrinsic'],
    ['{ } | sum(1 + 2) > 1', 11, 'sum of a constant: it needs an attribute or intrinsic'],
    ['{ } | avg(name) > 1', 11, 'avg needs numbers or durations, this is a string'],
    ['1 < 2', 1, 'a comparison of two constants'],
    ['{ } | sum_over_time(name)', 21, 'sum_over_time needs numbers, this is a string'],
    ['{ .a = 1 / (1 - 1) }', 13, 'division by zero'],
    ['{ .a = 10 ^ 400 }', 8, 'a constant that is not a finite number'],
    ['{ 0 ^ -1 != .a }', 3, 'a constant that is not a finite number'],
    ['{ } | by((-1) ^ .5 + .a)', 10, 'a constant that is not a finite number'],
    ['{ } | quantile_over_time(duration, 95)', 7, 'a quantile must be between 0 and 1'],
    ['{ } | compare({ name })', 17, '{ } needs a condition, this is a string'],
    ['{ } | compare({ }, 0)', 7, 'compare shows 1 to 1000 values, not 0'],
    ['{ } | compare({ }, 1, 5, 5)', 7, 'the end of compare is not after its start'],
    ['{ } | compare({ }) | topk(1)', 22, 'nothing can follow compare'],
    ['1 + ({ } | compare({ }))', 6, 'the series of compare take part in no math'],
    ['{ } | rate() | topk(0)', 16, 'topk of less than one series'],
  ])('%s', (text, column, message) => {
    expect(failureOf(text)).toEqual({ kind: 'invalid', message: `traceql at line 1, column ${column}: ${message}` })
  })
})

test.each(['{ } | by(.a) | coalesce() | { } >> { }', '({ } | by(.a)) >> { }', '({ } | by(.a)) && ({ } > { })'])(
  'a structural operator is not after by() in %s',
  text => {
    expect(() => parseQuery(text)).not.toThrow()
  },
)

describe('what is not supported is named', () => {
  test.each([
    ['{ parent.a = 1 }', 3, 'the scope parent: use { … } > { … }'],
    ['{ parent.duration }', 3, 'the scope parent: use { … } > { … }'],
    ['{ } | select(.a, parent.b)', 18, 'the scope parent: use { … } > { … }'],
    ['min(.a) < max(.b)', 1, 'a comparison other than of one aggregate with one number'],
    ['count() + 1 > 2', 1, 'a comparison other than of one aggregate with one number'],
    ['2 < ({ } | count())', 1, 'a comparison other than of one aggregate with one number'],
    ['{ } | rate() by(.a,.b,.c,.d,.e,.f)', 32, 'grouping by more than 5 fields'],
    ['{ .a + 1 IN [2] }', 3, 'IN of anything but an attribute or intrinsic'],
    ['{ -.a NOT IN [2] }', 3, 'NOT IN of anything but an attribute or intrinsic'],
    ['{ } | by(name) | { } >> { }', 18, '>> after by(): put coalesce() between'],
    ['{ } | by(.a) | ({ } ~ { .b }) && { }', 17, '~ after by(): put coalesce() between'],
  ])('%s', (text, column, feature) => {
    const message = `traceql at line 1, column ${column}: unsupported: ${feature}`
    expect(failureOf(text)).toEqual({ kind: 'unsupported', message })
  })

  test('but what is invalid comes first', () => {
    expect(failureOf('{ parent.a } | min(2h) < max(duration)')?.kind).toBe('invalid')
  })
})

function failureOf(text: string): { kind: string; message: string } | undefined {
  try {
    parseQuery(text)
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    expect(caretLines(text, error)).toContain('^')
    return { kind: (error as LabError).kind, message: messageOf(error) }
  }
  return undefined
}

test('any query is judged, and its text alike', () => {
  fc.assert(
    fc.property(arbitraryQuery, query => {
      const text = print(query)
      const parsed = parse(text)
      const failure = failureOf(text)
      if (failure === undefined) expect(() => validate(parsed, text)).not.toThrow()
      else expect(failure.kind).toMatch(/^(invalid|unsupported)$/)
    }),
    seeded(500),
  )
})

test('a chain as long as may be is judged', () => {
  expect(() => parseQuery(`{ ${'.a = 1 || '.repeat(1_990)}.b }`)).not.toThrow()
  expect(() => parseQuery(`${'{ } >> '.repeat(1_990)}{ .b }`)).not.toThrow()
  expect(() => parseQuery(`${'{ } | '.repeat(1_990)}{ .b }`)).not.toThrow()
})

function repeated(count: number, text: (i: number) => string, separator: string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join(separator)
}

describe('what would multiply the work is refused by its number', () => {
  test.each([
    ['quantiles', maxQuantiles, n => `{ } | quantile_over_time(duration, ${repeated(n, () => '.5', ', ')})`],
    ['different attributes', maxFields, n => `{ ${repeated(n, i => `.a${i}`, ' || ')} }`],
    ['different attributes', maxFields, n => `{ } | select(${repeated(n, i => `span.a${i}`, ', ')})`],
    ['stages by()', maxGroupStages, n => `{ } | ${repeated(n, () => 'by(name)', ' | ')}`],
    ['stages by()', maxGroupStages, n => `${repeated(n, () => '({ } | by(name))', ' && ')}`],
    ['pipelines of series', maxPipelines, n => repeated(n, () => '({ } | rate())', ' + ')],
    ['comparisons, topk and bottomk', maxSeriesStages, n => `{ } | rate() ${repeated(n, () => '| topk(1)', ' ')}`],
    ['comparisons, topk and bottomk', maxSeriesStages, n => `({ } | rate()) ${repeated(n, () => '> 0', ' ')} + 1`],
    ['fields of events or links', maxChildFields, n => `{ -(${repeated(n, () => 'event.a', ' * ')}) > link.b }`],
  ] as const satisfies readonly (readonly [string, number, (count: number) => string])[])(
    '%s: %i',
    (what, most, ask) => {
      expect(() => parseQuery(ask(most))).not.toThrow()
      const failure = failureOf(ask(most + 1))
      expect(failure?.kind).toBe('unsupported')
      expect(failure?.message).toContain(what)
      expect(failure?.message).toMatch(new RegExp(`\\b(${most}|${most + 1})\\b`))
    },
  )
})
