import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import { sharedIds } from '../../../lib/search/shared-ids.ts'
import { drawsOf } from '../../support/draws.ts'
import { span } from '../../support/nasty.ts'
import { traceIdOf } from '../../support/store-spans.ts'

/** A source of some traces without an index that counts how often it is scanned. */
function counted(numbers: readonly number[]): SpanSource & { scans: number } {
  const source = memorySource(numbers.map(number => ({ traceId: traceIdOf(number), spans: [span({})] })))
  const own = {
    ...source,
    traceIds: undefined,
    scans: 0,
    scan: (...args: Parameters<SpanSource['scan']>) => {
      own.scans++
      return source.scan(...args)
    },
  }
  return own
}

const seed = 20261128

test(`ids in several sources are shared, whatever they are joined with, and what is known is not read again (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  let members: { numbers: number[]; source: ReturnType<typeof counted> }[] = []
  for (let round = 0; round < 60; round++) {
    // As in a store: blocks stay for a while, new spans come, some blocks go.
    members = members.filter(() => draw() < 0.9)
    const numbers = [
      ...new Set(Array.from({ length: 1 + Math.floor(draw() * 20) }, () => 1 + Math.floor(draw() * 200))),
    ]
    members.push({ numbers, source: counted(numbers) })
    const shared = await sharedIds(
      members.map(({ source }) => source),
      undefined,
    )
    const found = new Map(shared.traces.map(({ traceId, places }) => [traceId, places]))
    for (let number = 1; number <= 200; number++) {
      const holders = members.filter(member => member.numbers.includes(number)).map(({ source }) => source)
      const places = [...(found.get(traceIdOf(number))?.keys() ?? [])]
      expect(places, `trace ${number} in round ${round}`).toEqual(holders.length > 1 ? holders : [])
    }
    // Once for the hashes of its ids, and again for the ids themselves as often as more of them may be shared.
    expect(members.every(({ source }) => source.scans >= 1)).toBe(true)
    const scans = members.map(({ source }) => source.scans)
    const again = await sharedIds(
      members.map(({ source }) => source),
      undefined,
    )
    expect(again.traces).toEqual(shared.traces)
    expect(members.map(({ source }) => source.scans)).toEqual(scans)
  }
})

test('a reading that is given up leaves nothing behind', async () => {
  const sources = [counted([1, 2]), counted([2, 3])]
  const broken: SpanSource = {
    ...sources[1]!,
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    async *scan() {
      throw new Error('given up')
    },
  }
  await expect(sharedIds([sources[0]!, broken], undefined)).rejects.toThrow('given up')
  expect((await sharedIds(sources, undefined)).traces.map(({ traceId }) => traceId)).toEqual([traceIdOf(2)])
})
