import { expect, test } from 'vitest'
import { FloorMeter } from '../../../../../generator/floor-meter.ts'
import { findWorkload } from '../../../../../generator/workload.ts'
import { LabError } from '../../../../../lib/error.ts'
import { type BlockpackConfig, profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../../lib/formats/blockpack/write/writer.ts'
import type { Trace } from '../../../../../lib/model/trace.ts'
import { traceKey } from '../../../../../lib/model/trace-id.ts'
import { MemorySink } from '../../../../../lib/storage/memory.ts'
import { WorkerPool } from '../../../../../lib/workers/pool.ts'
import { startWorkersFrom } from '../../../../../lib/workers/start.ts'
import { streamOf } from '../../../../support/chunks.ts'
import { workerCounts } from '../../../../support/effort.ts'
import { nastyCorpora } from '../../../../support/nasty.ts'

const seed = 20261128
const generated = (workload: 'otel' | 'agent', traceCount: number): Trace[] => [
  ...findWorkload(workload).generate({ traceCount, seed }, new FloorMeter()),
]

/** The traces of all nasty corpora, of each id those that come first: spellings of one id are next to each other. */
function nastyTraces(): Trace[] {
  const owners = new Map<string, string>()
  return nastyCorpora.flatMap(({ name, traces }) =>
    traces.filter(({ traceId }) => {
      const key = traceKey(traceId)
      if (!owners.has(key)) owners.set(key, name)
      return owners.get(key) === name
    }),
  )
}

interface Case {
  config?: BlockpackConfig
  minSpans?: number
}

async function encoded(
  traces: AsyncIterable<readonly Trace[]>,
  workerCount: number,
  { config = profiles.default, minSpans = 1 }: Case = {},
): Promise<Buffer> {
  const sink = new MemorySink()
  const workers = workerCount > 0 ? new WorkerPool(workerCount, minSpans) : undefined
  try {
    await encodeBlockpack(traces, sink, { ...config, writeBufferSize: 20_000 }, { spansPerPageGroup: 100, workers })
    return sink.bytes()
  } finally {
    await workers?.close()
  }
}

const corpora: [string, () => Trace[], Case][] = [
  ['otel', () => generated('otel', 150), {}],
  ['otel, from the middle on', () => generated('otel', 150), { minSpans: 1500 }],
  ['otel, high-throughput', () => generated('otel', 60), { config: profiles['high-throughput'] }],
  ['agent, whose texts have a pool', () => generated('agent', 6), {}],
  ['nasty', nastyTraces, { minSpans: 10 }],
]

test.each(corpora)('the bytes of %s do not depend on the number of workers', async (_, make, options) => {
  const traces = make()
  const alone = await encoded(streamOf([traces]), 0, options)
  for (const workerCount of workerCounts)
    expect(Buffer.compare(await encoded(streamOf([traces]), workerCount, options), alone), `${workerCount}`).toBe(0)
})

test('what is too small to pay, and nothing at all, is encoded without a thread', async () => {
  startWorkersFrom('/nowhere.mjs')
  try {
    const traces = generated('otel', 5)
    for (const input of [traces, []])
      expect(await encoded(streamOf([input]), 2, { minSpans: 1e6 })).toEqual(await encoded(streamOf([input]), 0))
  } finally {
    startWorkersFrom(undefined)
  }
})

test('a thread encodes one file after the other, and two at once', async () => {
  const workers = new WorkerPool(2, 1)
  const traces = [generated('otel', 20), generated('otel', 40)]
  const encode = async (own: Trace[], used: WorkerPool | undefined) => {
    const sink = new MemorySink()
    await encodeBlockpack(streamOf([own]), sink, profiles.default, { spansPerPageGroup: 100, workers: used })
    return sink.bytes()
  }
  const alone = [await encode(traces[0]!, undefined), await encode(traces[1]!, undefined)]
  expect(await Promise.all(traces.map(own => encode(own, workers)))).toEqual(alone)
  expect([await encode(traces[0]!, workers), await encode(traces[1]!, workers)]).toEqual(alone)
  await workers.close()
})

test('an error of the input is thrown as in one thread, and no thread is left', async () => {
  async function* failing(): AsyncIterable<readonly Trace[]> {
    yield generated('otel', 40)
    throw new LabError('truncated', 'byte 7: ends inside a varint')
  }
  const before = process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length
  for (const workerCount of [0, 2])
    await expect(encoded(failing(), workerCount)).rejects.toMatchObject({
      kind: 'truncated',
      message: 'byte 7: ends inside a varint',
    })
  expect(process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length).toBe(before)
})

test('an error of the output is thrown, and a thread that cannot start is an error', async () => {
  const full = {
    write: async () => {
      throw new LabError('invalid', 'out.bp: no space left on device')
    },
  }
  const traces = generated('otel', 40)
  const config = { ...profiles.default, writeBufferSize: 1 }
  const workers = new WorkerPool(2, 1)
  const options = { spansPerPageGroup: 100, workers }
  await expect(encodeBlockpack(streamOf([traces]), full, config, options)).rejects.toThrow('out.bp: no space left')
  await workers.close()
  startWorkersFrom('/nowhere.mjs')
  try {
    await expect(encoded(streamOf([traces]), 2)).rejects.toThrow(/^workers: a thread ended by an error/)
  } finally {
    startWorkersFrom(undefined)
  }
})
