import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { decodeStream } from '../../../../lib/formats/blockpack/format.ts'
import { Losses } from '../../../../lib/formats/losses.ts'
import { readInputs } from '../../../../lib/import/input.ts'
import { chunked, collect } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { generated, packed } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'blockpack-source-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('a block is told by its content, and read by ranges, or whole where it is compressed', async () => {
  const traces = generated(60)
  const bytes = await packed(traces)
  for (const path of [file('a.bin', bytes), file('a.gz', gzipSync(bytes))]) {
    const inputs = readInputs([path], { losses: new Losses() })
    expectSameTraces(traces, (await collect(inputs.batches)).flat())
    expect(inputs.files).toEqual([{ path, format: 'blockpack', byteLength: bytes.length }])
  }
})

test('a block that is cut off is refused with its name and format', async () => {
  const bytes = await packed(generated(3))
  const path = file('cut.bp', bytes.subarray(0, bytes.length - 1))
  const error = await labRejection(collect(readInputs([path], { losses: new Losses() }).batches))
  expect(error.message).toMatch(/cut\.bp: blockpack: blockpack footer at byte \d+: no blockpack footer at end of file/)
})

test('a stream is refused beyond the bytes that are held', async () => {
  const traces = generated(3)
  const bytes = await packed(traces)
  expectSameTraces(traces, (await collect(decodeStream(chunked(bytes, 100), bytes.length))).flat())
  const error = await labRejection(collect(decodeStream(chunked(bytes, 100), bytes.length - 1)))
  expect(error.kind).toBe('unsupported')
  expect(error.message).toContain('name an uncompressed file instead')
})
