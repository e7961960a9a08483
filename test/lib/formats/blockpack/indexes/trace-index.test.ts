import { expect, test } from 'vitest'
import {
  findInPage,
  indexPageOf,
  TraceIndexKeys,
  TraceIndexWriter,
} from '../../../../../lib/formats/blockpack/indexes/trace-index.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { labError } from '../../../../support/errors.ts'

const seed = Number(process.env.SEED ?? 20261127)
const draw = drawsOf(seed)
const idOf = () => Array.from({ length: 32 }, () => Math.floor(draw() * 16).toString(16)).join('')

/** The index of some ids, and where each of its pages begins. */
async function indexOf(ids: readonly string[]) {
  const writer = new TraceIndexWriter()
  for (const id of ids) writer.add(id)
  const { plan, bytes } = await writer.finish()
  let at = 0
  const starts = plan.pageLengths.map(length => {
    at += length
    return at - length
  })
  return { plan, bytes, starts }
}

test.each([0, 1, 2, 1023, 1025, 5000])(
  `%d ids: whole in memory it finds what its pages do (seed ${seed})`,
  async count => {
    const ids = Array.from({ length: count }, idOf)
    const { plan, bytes, starts } = await indexOf(ids)
    const keys = new TraceIndexKeys(bytes, plan, count, 8)
    for (const [position, id] of ids.entries()) expect(keys.positionsOf(id)).toContain(position)
    for (const id of [...ids.slice(0, 100), ...Array.from({ length: 100 }, idOf)]) {
      if (count === 0) {
        expect(keys.positionsOf(id)).toEqual([])
        continue
      }
      const page = indexPageOf(id, plan)
      const stored = bytes.subarray(starts[page], starts[page]! + plan.pageLengths[page]!)
      expect(keys.positionsOf(id)).toEqual(findInPage(stored, id, plan, count, 8))
    }
  },
)

test('an index of other traces than the file has is refused, as one with pages out of order', async () => {
  const { plan, bytes, starts } = await indexOf(Array.from({ length: 3000 }, idOf))
  const message = (run: () => unknown) => labError(run).message
  expect(message(() => new TraceIndexKeys(bytes, plan, 3001, 8))).toMatch(/index at byte 8: 3000 keys of 3001 traces$/)
  expect(message(() => new TraceIndexKeys(bytes, plan, 10, 8))).toMatch(
    /^blockpack trace index at byte \d+: \d+ entries/,
  )
  expect(message(() => new TraceIndexKeys(bytes, plan, 2999, 8))).toMatch(/\d+: (more than 2999 keys|position 2999)/)
  const swapped = Buffer.concat([bytes.subarray(starts[1]), bytes.subarray(0, starts[1])])
  const pageLengths = [...plan.pageLengths.slice(1), plan.pageLengths[0]!]
  expect(message(() => new TraceIndexKeys(swapped, { ...plan, pageLengths }, 3000, 8))).toMatch(/keys out of order/)
})
