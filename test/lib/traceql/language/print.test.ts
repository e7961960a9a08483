import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from '../../../../lib/traceql/language/parser.ts'
import { print } from '../../../../lib/traceql/language/print.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { arbitraryExpression, arbitraryQuery } from './arbitrary-query.ts'
import { withoutPlaces } from './places.ts'

describe('parse after print is the identity', () => {
  test('of any query', () => {
    fc.assert(
      fc.property(arbitraryQuery, query => {
        expect(withoutPlaces(parse(print(query)))).toEqual(withoutPlaces(query))
      }),
      seeded(1_000),
    )
  })

  test('of any condition', () => {
    fc.assert(
      fc.property(arbitraryExpression, condition => {
        const query = parse(`{ } | by(.a)`)
        const stages = [{ kind: 'filter', condition, start: 0, end: 0 } as const]
        const filter = {
          ...query,
          kind: 'search',
          pipeline: { kind: 'pipeline', stages, start: 0, end: 0 },
          hints: [],
        } as const
        expect(withoutPlaces(parse(print(filter)))).toEqual(withoutPlaces(filter))
      }),
      seeded(3_000),
    )
  })
})

describe('canonical text', () => {
  test.each([
    ['{}', '{ true }'],
    ['{span:name="a"&&span:duration>90s}', '{ name = `a` && duration > 1m30s }'],
    ['{ .a = "`" || .b = "\t`" }', '{ .a = "`" || .b = "\\u0009`" }'],
    ['{ ((.a + .b) * .c) > (2 ^ (3 ^ .d)) }', '{ (.a + .b) * .c > 2 ^ 3 ^ .d }'],
    ['{ (.a || .b) && .c || (.d && .e) }', '{ .a || .b && .c || (.d && .e) }'],
    ['{ (-1) * .a = -(.b) }', '{ (-1) * .a = -.b }'],
    ['{ .a - (-1) = - (1) }', '{ .a - -1 = -(1) }'],
    ['{ (.a * -.b) * .c }', '{ (.a * -.b) * .c }'],
    ['{ ."a b" = span."c" && parent.name = ."0" }', '{ ."a b" = span.c && parent.name = ."0" }'],
    ['{ .a IN ["x",`y`] && .b MATCH NONE ["z"] }', '{ .a IN [`x`, `y`] && .b MATCH NONE [`z`] }'],
    ['{ 1.0 = 1e21 && minInt < -0.0 }', '{ 1.0 = 1e+21 && minInt < -0.0 }'],
    ['({.a}>>{.b})&&({.c}||{.d}) | coalesce()', '{ .a } >> { .b } && ({ .c } || { .d }) | coalesce()'],
    ['({.a}|count()>1)~{.b}', '({ .a } | count() > 1) ~ { .b }'],
    ['{}|by(.a)|avg(duration)>=1s|select(.b,name)', '{ true } | by(.a) | avg(duration) >= 1s | select(.b, name)'],
    ['{}|rate()by(.a)>1|topk(3)with(sample=0.1)', '{ true } | rate() by(.a) > 1 | topk(3) with(sample=0.1)'],
    ['{}|quantile_over_time(duration,.5,1)', '{ true } | quantile_over_time(duration, 0.5, 1)'],
    ['{}|compare({.a},10)', '{ true } | compare({ .a })'],
    ['{}|compare({.a},3,1,2)', '{ true } | compare({ .a }, 3, 1, 2)'],
    ['(({}|rate())+({}|rate()))*2|topk(1)', '(({ true } | rate()) + ({ true } | rate())) * 2 | topk(1)'],
    [
      '(-9223372036854775807 - 1 < ({}|rate())) | topk(9223372036854775807)',
      '{ true } | rate() > minInt | topk(9223372036854775807)',
    ],
    ['{}|count()>-9223372036854775807-1', '{ true } | count() > minInt'],
    ['({}|rate())/2*3', '({ true } | rate()) / 2 * 3'],
  ])('%s', (text, canonical) => {
    expect(print(parse(text))).toBe(canonical)
    expect(print(parse(canonical))).toBe(canonical)
  })

  test('of a chain as long as may be needs no parentheses', () => {
    const text = `{ ${'.a || '.repeat(1_990)}.b }`
    expect(print(parse(text))).toBe(text)
  })
})
