import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sortByTraceId } from '../../../lib/import/sort.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { span } from '../../support/nasty.ts'
import { expectSameTraces } from '../../support/traces.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function inOrder(traces: readonly Trace[]): Trace[] {
  const number = ({ traceId }: Trace) => BigInt(`0x0${traceId}`)
  const compare = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0)
  return [...traces].sort((a, b) => compare(number(a), number(b)) || compare(a.traceId, b.traceId))
}

async function sort(traces: readonly Trace[], maxSpans: number): Promise<Trace[]> {
  const half = traces.length >> 1
  const batches = streamOf([traces.slice(0, half), traces.slice(half)])
  const sorted = (await collect(sortByTraceId(batches, { maxSpans, directory }))).flat()
  expect(await readdir(directory)).toEqual([])
  return sorted
}

test.each([Number.POSITIVE_INFINITY, 5, 1])(
  'arbitrary traces come out by their ids; %d spans are held',
  async maxSpans => {
    const check = fc.asyncProperty(arbitraryTraces, async traces => {
      expectSameTraces(inOrder(traces), await sort(traces, maxSpans))
    })
    await fc.assert(check, seeded(40))
  },
)

test('many parts of many bytes', async () => {
  const traces = Array.from({ length: 2000 }, (_, i) => ({
    traceId: ((i * 7919) % 65536).toString(16).padStart(4, '0'),
    spans: Array.from({ length: 1 + (i % 5) }, (_, j) => span({ spanId: '0a', name: 'n'.repeat((i * 31 + j) % 900) })),
  }))
  expectSameTraces(inOrder(traces), await sort(traces, 700))
})

test('what was written is gone when a reader leaves', async () => {
  const traces = ['0c', '0b', '0a'].map(traceId => ({ traceId, spans: [span({})] }))
  for await (const [first] of sortByTraceId(streamOf([traces]), { maxSpans: 1, directory })) {
    expect(first!.traceId).toBe('0a')
    break
  }
  expect(await readdir(directory)).toEqual([])
})
