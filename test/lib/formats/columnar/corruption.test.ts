import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { columnarParts, decodeColumnarFile } from '../../../../lib/formats/columnar/file.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { expectFlipsRefused, expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { closeSegments, decode, encode, type OpenSegment, openSegments } from './forge.ts'
import { sampleTraces } from './samples.ts'

const seed = Number(process.env.SEED ?? 20261121)
const tiny = { spanCount: 20, itemCount: 1000, textLength: 10_000 }

test('the samples use every encoding', async () => {
  const parts = Object.keys(await columnarParts(openMemory(await encode(sampleTraces(300, seed)))))
  for (const end of ['ranked', 'symbols', 'digits', 'plain', 'uniform', 'modelled', 'deltas', 'orders'])
    expect(
      parts.filter(part => part.endsWith(end)),
      end,
    ).not.toEqual([])
})

test(`every prefix and flips (seed ${seed}) are refused`, async () => {
  const bytes = await encode(sampleTraces(9, seed), tiny)
  expect(bytes.length).toBeGreaterThan(1500)
  expect(bytes.length).toBeLessThan(4096)
  expect(openSegments(bytes).length).toBeGreaterThan(1)
  await expectPrefixesRefused(bytes, decodeColumnarFile)
  await expectFlipsRefused(bytes, decodeColumnarFile, 2000, seed)
})

test('bytes after the end are refused', async () => {
  const bytes = await encode(sampleTraces(3, seed))
  await expectRefusal(Buffer.concat([bytes, Buffer.alloc(1)]), decodeColumnarFile, 'a byte more')
  await expectRefusal(Buffer.concat([bytes, bytes]), decodeColumnarFile, 'the file twice')
})

test('a forged file of the same parts is read', async () => {
  const traces = sampleTraces(30, seed)
  expectSameTraces(traces, await decode(closeSegments(openSegments(await encode(traces, tiny)))))
})

const interesting = [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 0x7f, 0x80, 0xff]

/** The bytes with one to three of them changed, taken out, or a large number put in. */
function mutated(bytes: Buffer, draw: () => number): Buffer {
  const below = (limit: number) => Math.floor(draw() * limit)
  const list = [...bytes]
  for (let times = 1 + below(3); times > 0 && list.length > 0; times--) {
    const at = below(list.length)
    const how = below(8)
    if (how < 3) list[at] = interesting[below(interesting.length)]!
    else if (how < 5) list[at]! ^= 1 << below(8)
    else if (how === 5) list.splice(at, 1)
    else if (how === 6) list.splice(at, 1, ...Array<number>(1 + below(7)).fill(0xff), below(0x80))
    else list.splice(at, 0, below(256))
  }
  return Buffer.from(list)
}

describe.each([
  [9, drawn(2500), 1],
  [120, drawn(250), 1],
  [9, drawn(1000), 2],
  [120, drawn(250), 2],
] as const)('%d traces, %d mutations behind checksums that are right, version %d', (traceCount, times, version) => {
  const options = { hasTemplates: version === 2 }

  test.each(['head', 'texts', 'blobs'] as const)('%s', async part => {
    const original = openSegments(await encode(sampleTraces(traceCount, seed), undefined, 1, options))[0]!
    const draw = drawsOf(seed)
    let [most, readCount] = [0, 0]
    for (let i = 0; i < times; i++) {
      const forged: OpenSegment = { ...original, [part]: mutated(original[part], draw) }
      const file = closeSegments([forged], version)
      const before = process.memoryUsage().rss
      const found = await decode(file).catch((error: unknown) => error)
      most = Math.max(most, process.memoryUsage().rss - before)
      if (Array.isArray(found)) {
        readCount++
        if (readCount % 8 === 0) expectSameTraces(found, await decode(await encode(found)))
      } else expectPlaced(found, `seed ${seed}, mutation ${i} of ${part}`)
    }
    expect(readCount).toBeLessThan(times)
    expect(most).toBeLessThan(200 << 20)
  })
})

/** An error of ours that names the segment, the place and, unless the frame is broken, the column. */
function expectPlaced(error: unknown, what: string): void {
  if (!(error instanceof LabError)) throw new Error(what, { cause: error })
  expect(['truncated', 'corrupt', 'unsupported'], what).toContain(error.kind)
  expect(error.message, what).toMatch(/^columnar segment 0\b.*\bbyte \d+/)
  expect(error.message, what).toMatch(/column |head and texts|(span|trace|event|link)\b/)
}
