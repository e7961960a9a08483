import { describe, expect, test } from 'vitest'
import { defaultTiers, parseTiers, printTiers, tierAt } from '../../../lib/tiers/tier-list.ts'
import { labError } from '../../support/errors.ts'

describe('a list of tiers', () => {
  test.each([defaultTiers, 'exact:inf', 'rollup:inf', 'exact:25%,rollup:inf', 'renamed:90s,exemplars:2m,rollup:inf'])(
    'is printed as it was parsed: %s',
    text => {
      expect(printTiers(parseTiers(text))).toBe(text)
    },
  )

  test.each([
    ['', '"" is not a tier and its age, as in exact:1h'],
    ['exact', '"exact" is not a tier and its age, as in exact:1h'],
    ['exact:1h:2h,rollup:inf', '"exact:1h:2h" is not a tier and its age, as in exact:1h'],
    [
      'exakt:1h,rollup:inf',
      'unknown tier "exakt" (did you mean exact?); the tiers are exact, renamed, exemplars, rollup',
    ],
    ['exact:1h,,rollup:inf', '"" is not a tier and its age, as in exact:1h'],
    ['exact:1w,rollup:inf', '"exact:1w": the age is none of 30s, 15m, 1h, 7d, 25% and inf, or is 0'],
    ['exact:0h,rollup:inf', '"exact:0h": the age is none of 30s, 15m, 1h, 7d, 25% and inf, or is 0'],
    ['exact:-1h,rollup:inf', '"exact:-1h": the age is none of 30s, 15m, 1h, 7d, 25% and inf, or is 0'],
    ['exact:120%,rollup:inf', '"exact:120%": a share of at most 100%'],
    ['exact:1h,exact:2h,rollup:inf', 'exact occurs twice, as exact:1h and exact:2h'],
    [
      'renamed:1h,exact:2h,rollup:inf',
      'exact:2h keeps more than renamed:1h before it: the order is exact, renamed, exemplars, rollup',
    ],
    ['exact:2h,renamed:60m,rollup:inf', 'renamed:60m is not older than exact:2h before it: ages rise'],
    ['exact:60m,renamed:1h,rollup:inf', 'renamed:1h is not older than exact:60m before it: ages rise'],
    ['exact:1h,renamed:50%,rollup:inf', 'exact:1h and renamed:50%: either all ages are shares or none'],
    ['exact:inf,rollup:inf', 'exact:inf keeps all ages, so that nothing is left for rollup:inf'],
    ['exact:1h,rollup:7d', 'rollup:7d is the last, so its age must be inf: what is older would be lost'],
  ])('is refused with the part that is wrong: %s', (text, message) => {
    const error = labError(() => parseTiers(text))
    expect(error.kind).toBe('usage')
    expect(error.message).toBe(`--tiers: ${message}`)
  })
})

test('a trace is in the first tier that its age does not exceed', () => {
  const second = 1_000_000_000n
  const tiers = parseTiers('exact:1h,renamed:24h,rollup:inf')
  const at = (age: bigint) => tierAt(tiers, age, 0n).name
  expect([0n, 3600n * second, 3600n * second + 1n, 86_400n * second + 1n, 2n ** 64n - 1n].map(at)).toEqual([
    'exact',
    'exact',
    'renamed',
    'rollup',
    'rollup',
  ])
  const shares = parseTiers('exact:25%,rollup:inf')
  expect([0n, 25n, 26n].map(age => tierAt(shares, age, 100n).name)).toEqual(['exact', 'exact', 'rollup'])
})
