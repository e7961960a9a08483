import { expect, test } from 'vitest'
import { type Loss, measureLoss } from '../../../harness/verify/loss.ts'
import { verify } from '../../../harness/verify/verify.ts'
import { decodeCborFile, encodeCborFile } from '../../../lib/formats/cbor/file.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { exact, type Phase } from '../../../phases/phase.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { generatedTraces } from '../../support/generated.ts'

const traces = generatedTraces('otel', 200)

/** A phase that keeps what `keep` makes of each trace. */
function lossy(keep: (trace: Trace) => Trace | undefined, more: Partial<Phase> = {}): Phase {
  return {
    title: 'lossy',
    idea: 'Keeps some.',
    fidelity: { ...exact, lossy: ['some'] },
    encode: async (batches, sink) => {
      const kept = (await collect(batches)).flat().flatMap(trace => keep(trace) ?? [])
      await encodeCborFile(streamOf([kept]), sink, { codec: 'none', blockBytes: 1 << 20 })
    },
    decode: decodeCborFile,
    ...more,
  }
}

async function lossOf(phase: Phase): Promise<Loss | null> {
  const sink = new MemorySink()
  await phase.encode(streamOf([traces]), sink, {})
  const file = openMemory(sink.bytes())
  const original = () => streamOf([traces])
  const wholeTraceIds = new Set<string>()
  await verify(original, () => phase.decode(file), phase.fidelity, wholeTraceIds)
  return measureLoss({ original, phase, file, wholeTraceIds })
}

function priceOf(loss: Loss | null, question: string) {
  return loss!.price.find(price => price.question === question)!
}

const isError = ({ spans }: Trace) => spans.some(({ status }) => status?.code === 2)

test('traces that are left out are missing in counts and searches, and the rest survives whole', async () => {
  const loss = await lossOf(lossy(trace => (isError(trace) ? undefined : trace)))
  const errors = traces.filter(isError).length
  expect(loss!.survived).toMatchObject({ all: 1 - errors / traces.length, errors: 0 })
  expect(loss!.survived.rare).toBeLessThan(1)
  expect(priceOf(loss, 'search errors')).toMatchObject({ worstError: 1, missing: errors, invented: 0 })
  expect(priceOf(loss, 'errors by service').worstError).toBe(1)
  expect(priceOf(loss, 'spans by service').medianError).toBeGreaterThan(0)
})

test('attributes that are gone are missing, those with fewer values diverse', async () => {
  const kept = (trace: Trace): Trace => ({
    ...trace,
    spans: trace.spans.map(span => ({
      ...span,
      attributes: span.attributes
        .filter(({ key }) => key !== 'url.path')
        .map(({ key, value }) => ({ key, value: key === 'client.address' ? 'somewhere' : value })),
    })),
  })
  const { attributes, survived } = (await lossOf(lossy(kept)))!
  const named = (name: string) => attributes.find(one => one.name === name)!
  expect(attributes[0]!.name).toBe('span.url.path')
  expect(named('span.url.path')).toMatchObject({ keptSpans: 0, keptValues: 0 })
  expect(named('span.client.address')).toMatchObject({
    keptSpans: named('span.client.address').hadSpans,
    keptValues: 1,
  })
  expect(named('resource.service.name').keptValues).toBe(named('resource.service.name').hadValues)
  expect(survived.all).toBeLessThan(1)
})

test('a sample by the trace state of its spans is asked with its weights', async () => {
  const half = lossy(({ traceId, spans }) =>
    Number.parseInt(traceId.slice(-14, -12), 16) < 0x80
      ? undefined
      : { traceId, spans: spans.map(span => ({ ...span, traceState: 'ot=th:8' })) },
  )
  const loss = await lossOf(half)
  expect(priceOf(loss, 'spans by service').basis).toMatch(/^sample of \d+ traces$/)
  expect(loss!.survived.all).toBeGreaterThan(0.3)
  expect(priceOf(loss, 'spans by service').medianError).toBeLessThan(0.3)
  expect(priceOf(loss, 'trace by id').unanswerable).toBeGreaterThan(0)
})

test("a phase's own answers are what is priced", async () => {
  const answer: Phase['answer'] = async () => ({ kind: 'unanswerable', reason: 'nobody asks' })
  const loss = await lossOf(lossy(trace => (isError(trace) ? undefined : trace), { answer }))
  for (const { asked, unanswerable, medianError, reason } of loss!.price)
    expect([unanswerable, medianError, reason]).toEqual([asked, null, 'nobody asks'])
})

test('where all traces are whole there is no price', async () => {
  expect(await lossOf(lossy(trace => trace))).toBeNull()
})
