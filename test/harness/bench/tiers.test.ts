import { expect, test } from 'vitest'
import { measureTiers, tiersDocument, tiersTable } from '../../../harness/bench/tiers.ts'
import { defaultTiers, parseTiers } from '../../../lib/tiers/tier-list.ts'

const counted = ['spans by', 'errors by', 'calls between']

test('a stream of 30 days has no count that is wrong and no quantile outside of its bounds, in any tier', async () => {
  const stream = { workload: 'otel', size: 'small', seed: 1, days: 30, traceCount: 100 } as const
  const result = await measureTiers(stream, parseTiers(defaultTiers))
  expect(result.tiers.map(({ facts }) => facts.name)).toEqual(['exact', 'renamed', 'exemplars', 'rollup'])
  expect(result.tiers.reduce((sum, { facts }) => sum + facts.traceCount, 0)).toBe(100)
  for (const { facts, prices } of result.tiers)
    for (const price of prices) {
      const what = `${facts.name}: ${price.question}`
      if (counted.some(start => price.question.startsWith(start)))
        expect(price, what).toMatchObject({ worstError: 0, unanswerable: 0, missing: 0, invented: 0 })
      if (/^p\d/.test(price.question)) {
        expect(price.worstError, what).toBeLessThanOrEqual(0.0055)
        expect(price.outside ?? 0, what).toBe(0)
      }
    }
  expect(tiersTable(result).rows.length).toBeGreaterThan(15)
  expect(tiersDocument(result, stream)).toContain('# 30 days in tiers')
})
