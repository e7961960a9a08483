import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { decodeCborFile } from '../../../../lib/formats/cbor/file.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { collect } from '../../../support/chunks.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { decode } from './forge.ts'

const golden = (name: string) => readFileSync(join(import.meta.dirname, 'golden', name))

/** Files as they were written by each version, with their traces: nasty, sampled and generated ones. */
describe.each([1])('version %i', version => {
  const bytes = golden(`version-${version}.tlbp`)

  test('is read forever: all traces', async () => {
    const traces = (await collect(decodeCborFile(openMemory(golden(`version-${version}.cbor`))))).flat()
    expectSameTraces(traces, await decode(bytes))
  })

  test('is read forever: a trace by its id, of each page group', async () => {
    const reader = await BlockpackReader.open(openMemory(bytes))
    expect(reader.block.version).toBe(version)
    for (const pageGroup of reader.block.toc.pageGroups) {
      const last = (await reader.readPageGroup(pageGroup)).at(-1)!
      expectSameTraces([last], [(await reader.findTrace(last.traceId))!])
    }
  })
})
