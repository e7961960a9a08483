import { expect, test } from 'vitest'
import { backlogOf } from '../../../../lib/serve/blocks/backlog.ts'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { defaultCompaction } from '../../../../lib/serve/blocks/plan.ts'

const now = Date.parse('2026-11-28T20:30:00Z')

function blocks(count: number, minutesAgo: number): BlockMeta[] {
  const time = new Date(now - minutesAgo * 60_000).toISOString()
  const times = { startTime: time, endTime: time, receivedTime: time }
  const counts = { totalObjects: 10, totalSpans: 100, size: 1_000, compactionLevel: 0 }
  return Array.from({ length: count }, (_, i) => ({
    ...{ format: 'blockpack', blockID: `${minutesAgo}-${i}`, tenantID: 't', replaces: [] },
    ...times,
    ...counts,
  }))
}

const backlog = (of: readonly BlockMeta[]) => backlogOf(of, now, { ...defaultCompaction, maxInputs: 4 })

test('what a compaction makes is compacted again where it is due, until nothing is', () => {
  expect(backlog(blocks(3, 1))).toEqual({ compactions: 0, spans: 0 })
  expect(backlog(blocks(4, 1))).toEqual({ compactions: 1, spans: 400 })
  expect(backlog(blocks(16, 1))).toEqual({ compactions: 5, spans: 3_200 })
  // Of a window that is over one is left: 4 of 5, and then two.
  expect(backlog(blocks(5, 90))).toEqual({ compactions: 2, spans: 900 })
})

test('what is deleted or large is not compacted', () => {
  expect(backlog(blocks(8, 15 * 24 * 60))).toEqual({ compactions: 0, spans: 0 })
  const large = blocks(4, 1).map(meta => ({ ...meta, size: 60e9 }))
  expect(backlog(large)).toEqual({ compactions: 0, spans: 0 })
})
