import { expect, test } from 'vitest'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { defaultCompaction, planBlocks } from '../../../../lib/serve/blocks/plan.ts'

const hour = 3_600_000
const now = Date.parse('2026-11-28T20:30:00Z')

function block(id: string, minutesAgo: number, fields: Partial<BlockMeta> = {}): BlockMeta {
  const receivedTime = new Date(now - minutesAgo * 60_000).toISOString()
  return {
    ...{
      format: 'blockpack',
      blockID: id,
      tenantID: 't',
      startTime: receivedTime,
      endTime: receivedTime,
      receivedTime,
    },
    ...{ totalObjects: 10, totalSpans: 100, size: 1_000, compactionLevel: 0, replaces: [] },
    ...fields,
  }
}

function planOf(blocks: readonly BlockMeta[], nowMillis = now) {
  const { jobs, expired, reasons } = planBlocks(blocks, nowMillis, { ...defaultCompaction, maxInputs: 4 })
  expect([...reasons.keys()].sort()).toEqual(blocks.map(({ blockID }) => blockID).sort())
  return {
    jobs: jobs.map(job => job.map(({ blockID }) => blockID)),
    expired: expired.map(({ blockID }) => blockID),
    reasons,
  }
}

test('in a window that goes on, four of one level become one', () => {
  const three = [block('a', 3), block('b', 2), block('c', 1)]
  expect(planOf(three).jobs).toEqual([])
  expect(planOf(three).reasons.get('a')).toBe(
    'waits: 3 of 4 that are needed of level 0 in the window of 2026-11-28T20:00',
  )
  expect(planOf([...three, block('d', 0, { compactionLevel: 1 })]).jobs).toEqual([])
  const four = planOf([...three, block('d', 0), block('e', 0, { size: 2_000 })])
  expect(four.jobs).toEqual([['a', 'b', 'c', 'd']])
  expect(four.reasons.get('a')).toBe('due: becomes one with 3 others of level 0 in the window of 2026-11-28T20:00')
  expect(four.reasons.get('e')).toBe('waits: 4 smaller ones of level 0 in the window of 2026-11-28T20:00 go first')
})

test('in a window that is over, two and more of any level do, the smallest first, until one is left', () => {
  const blocks = [block('a', 40, { compactionLevel: 2, size: 9 }), block('b', 45, { size: 8 }), block('c', 95)]
  const { jobs, reasons } = planOf(blocks)
  expect(jobs).toEqual([['b', 'a']])
  expect(reasons.get('c')).toBe('stays: the only one of the window of 2026-11-28T18:00')
  expect(planOf([block('a', 40)]).jobs).toEqual([])
})

test('what is as large as blocks become stays, and the others become one without it', () => {
  const large = block('large', 40, { size: 99e9 })
  const { jobs, reasons } = planOf([large, block('a', 40), block('b', 40)])
  expect(jobs).toEqual([['a', 'b']])
  const many = block('many', 40, { totalObjects: 6e6 })
  expect(planOf([many, block('a', 40), block('b', 40)]).jobs).toEqual([['a', 'b']])
  expect(planOf([many, block('a', 40)]).reasons.get('many')).toBe('stays: as large as blocks become')
  expect(reasons.size).toBe(3)
})

test('blocks are deleted by when they arrived, whatever clocks their spans have', () => {
  const old = block('old', 14 * 24 * 60)
  const young = block('young', 14 * 24 * 60 - 1, {
    startTime: '1970-01-01T00:00:00.000Z',
    endTime: '1970-01-01T00:00:00.000Z',
  })
  const { expired, jobs, reasons } = planOf([old, young])
  expect([expired, jobs]).toEqual([['old'], []])
  expect(reasons.get('old')).toBe('due: deleted, as it is older than 14 days')
  expect(planOf([young], now + hour).expired).toEqual(['young'])
})
