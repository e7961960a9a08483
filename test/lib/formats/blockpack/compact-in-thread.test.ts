import { afterAll, expect, test } from 'vitest'
import type { ByteSink } from '../../../../lib/bytes/range.ts'
import { LabError } from '../../../../lib/error.ts'
import { type CompactInput, compactBlockpack } from '../../../../lib/formats/blockpack/compact.ts'
import { compactInThread } from '../../../../lib/formats/blockpack/compact-in-thread.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { WorkerPool } from '../../../../lib/workers/pool.ts'
import { labRejection } from '../../../support/errors.ts'
import { nastyCorpora } from '../../../support/nasty.ts'
import { packed } from './blocks.ts'

const config = profiles.default
const workers = new WorkerPool(1)
afterAll(() => workers.close())

/** A file of each corpus, as stores give it: each read is a view of a larger buffer. */
const inputs: CompactInput[] = await Promise.all(
  nastyCorpora.map(async ({ name, traces }) => ({ name, file: openMemory(await packed(traces, config)) })),
)

test('it writes the same bytes and counts the same as in this thread, chunk by chunk', async () => {
  const [here, there] = [new MemorySink(), new MemorySink()]
  const counts = await compactBlockpack(inputs, here, config)
  expect(await compactInThread(inputs, there, config, workers)).toEqual(counts)
  expect(there.bytes().equals(here.bytes())).toBe(true)
})

test('what is wrong with a file, a read or a write is told as in this thread', async () => {
  const cut = openMemory((await inputs[0]!.file.read([{ start: 0, end: 9 }]))[0]!)
  const inThread = (files: readonly CompactInput[], sink: ByteSink = new MemorySink()) =>
    compactInThread(files, sink, config, workers)
  const own = await labRejection(compactBlockpack([{ name: 'cut.bp', file: cut }], new MemorySink(), config))
  const theirs = await labRejection(inThread([{ name: 'cut.bp', file: cut }]))
  expect([theirs.kind, theirs.message]).toEqual([own.kind, own.message])
  const unread = { ...inputs[0]!.file, read: () => Promise.reject(new LabError('missing', 'gone')) }
  await expect(inThread([{ name: 'a.bp', file: unread }])).rejects.toThrow('a.bp: gone')
  const full = { write: () => Promise.reject(new Error('the disk is full')) }
  await expect(inThread(inputs, full)).rejects.toThrow('the disk is full')
})
