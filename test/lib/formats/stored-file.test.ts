import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ByteSink } from '../../../lib/bytes/range.ts'
import { inspectBlockpack } from '../../../lib/formats/blockpack/inspect.ts'
import { type ColumnBytes, columnBytes } from '../../../lib/formats/blockpack/stored.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { encodeColumnarFile } from '../../../lib/formats/columnar/file.ts'
import { type Dealing, dealings } from '../../../lib/formats/stored/stored.ts'
import { storedBytes } from '../../../lib/formats/stored-file.ts'
import { openVparquet } from '../../../lib/formats/vparquet/block.ts'
import { inspectVparquet } from '../../../lib/formats/vparquet/inspect.ts'
import { encodeVparquet } from '../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../lib/import/sort.ts'
import { writeClickhouse, writeFlat } from '../../../lib/import/tables.ts'
import { serviceOf } from '../../../lib/model/service.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { openLocal } from '../../../lib/storage/local.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { streamOf } from '../../support/chunks.ts'
import { describeTempoBlocks, tempoBlockPath } from '../../support/corpora.ts'
import { labRejection } from '../../support/errors.ts'
import { generatedTraces } from '../../support/generated.ts'
import { longTexts } from '../../support/long-texts.ts'
import { nastyCorpora } from '../../support/nasty.ts'

type Batches = AsyncIterable<readonly Trace[]>

const writers: Readonly<Record<string, (batches: Batches, sink: ByteSink) => Promise<unknown>>> = {
  columnar: (batches, sink) => encodeColumnarFile(batches, sink, 3),
  blockpack: (batches, sink) => encodeBlockpack(batches, sink, profiles.default),
  vParquet4: (batches, sink) => encodeVparquet(joinById(batches), sink, { version: 'vParquet4' }),
  vParquet5: (batches, sink) => encodeVparquet(joinById(batches), sink, { version: 'vParquet5' }),
  parquet: (batches, sink) => writeFlat(batches, sink),
  clickhouse: writeClickhouse,
}
const names = Object.keys(writers)

async function write(name: string, traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await writers[name]!(streamOf([traces]), sink)
  return sink.bytes()
}

async function linesOf(bytes: Uint8Array, dealing: Dealing) {
  const { lines, byteLength, spanCount } = await storedBytes(openMemory(bytes), 'x', dealing)
  expect(byteLength).toBe(bytes.length)
  expect(lines.reduce((sum, line) => sum + line.byteLength, 0)).toBe(bytes.length)
  for (const line of lines) expect(line.byteLength).toBe(Math.max(0, Math.trunc(line.byteLength)))
  return { lines, spanCount }
}

/** What every way to store these traces must say. */
async function checkAll(name: string, traces: readonly Trace[]): Promise<void> {
  const bytes = await write(name, traces)
  const spans = traces.flatMap(trace => trace.spans)
  const services = new Map<string, number>()
  for (const { resource } of spans) services.set(serviceOf(resource), (services.get(serviceOf(resource)) ?? 0) + 1)
  for (const dealing of dealings) {
    const { lines, spanCount } = await linesOf(bytes, dealing)
    expect(spanCount).toBe(spans.length)
    const counted = lines.filter(({ kind }) => kind === 'service').map(line => [line.name, line.count])
    // Texts of the ClickHouse table are services, whatever type they had.
    if (dealing === 'service' && name !== 'clickhouse') expect(new Map(counted as [string, number][])).toEqual(services)
  }
}

const generated = ['otel', 'agent', 'classic'] as const

test.each(names.flatMap(name => generated.map(workload => [name, workload] as const)))(
  '%s of %s traces: lines sum to the file, spans are all counted',
  (name, workload) => checkAll(name, generatedTraces(workload, 25)),
)

test.each(names)('%s: nasty traces', async name => {
  const holds = ({ spans }: Trace) => !/arquet|clickhouse/.test(name) || spans.every(span => !surrogateRefusal(span))
  const all = nastyCorpora.flatMap(({ traces }) => traces).filter(holds)
  await checkAll(name, all)
})

test.each(['columnar', 'blockpack'])('%s: texts of a pool are their attributes’ and their services’', async name => {
  const traces = longTexts('documents under several keys and types', 5)
  const bytes = await write(name, traces)
  const { lines } = await linesOf(bytes, 'attribute')
  const texts = lines.filter(({ kind }) => kind === 'attribute')
  expect(texts.reduce((sum, line) => sum + line.byteLength, 0)).toBeGreaterThan(0.5 * bytes.length)
  expect(lines.map(line => line.name)).not.toContain('pool of long texts')
})

test.each(['vParquet4', 'vParquet5', 'blockpack'])('%s: a column of one attribute is its line, exactly', async name => {
  const traces = generatedTraces('otel', 60)
  const bytes = await write(name, traces)
  const { lines } = await linesOf(bytes, 'attribute')
  const own = new Map<string, number>()
  if (name === 'blockpack')
    for (const { name, pageBytes, dictionaryBytes } of (await inspectBlockpack(openMemory(bytes))).columns) {
      const key = /^(span|event|link)\.attributes\.(.*) \(\w+\)$/s.exec(name)
      if (key) own.set(`${key[1]}.${key[2]}`, (own.get(`${key[1]}.${key[2]}`) ?? 0) + pageBytes + dictionaryBytes)
    }
  else
    for (const one of (await inspectVparquet(await openVparquet(openMemory(bytes)))).attributes)
      if (one.isOwnColumn) own.set(`${one.scope}.${one.key}`, one.byteLength)
  expect(own.size).toBeGreaterThan(0)
  const rare = traces.length
  for (const [attribute, byteLength] of own) {
    const line = lines.find(one => one.name === attribute)!
    // Some values of an attribute may be among the rare ones.
    expect(line.byteLength).toBeGreaterThanOrEqual(byteLength)
    expect(line.byteLength).toBeLessThan(byteLength + rare)
  }
})

test('a service with texts of its own takes more of them than one that repeats one text', async () => {
  const traces = generatedTraces('otel', 30).map(({ traceId, spans }, i) => ({
    traceId,
    spans: spans.map((span, row) => ({
      ...span,
      attributes: [
        {
          key: 'text',
          value: i % 2 === 0 ? 'always the same' : createHash('sha256').update(`${i} ${row}`).digest('hex'),
        },
      ],
      resource: { ...span.resource!, attributes: [{ key: 'service.name', value: i % 2 === 0 ? 'same' : 'own' }] },
    })),
  }))
  for (const name of names) {
    const { lines } = await linesOf(await write(name, traces), 'service')
    const perSpan = (service: string) => {
      const { byteLength, count } = lines.find(line => line.name === service)!
      return byteLength / count!
    }
    expect([name, perSpan('own') > perSpan('same')]).toEqual([name, true])
  }
})

test('no spans: all is shared', async () => {
  for (const name of names) {
    const { lines, spanCount } = await linesOf(await write(name, []), 'operation')
    expect([spanCount, lines.filter(({ kind }) => kind !== 'shared')]).toEqual([0, []])
  }
})

test.each([
  ['{"resourceSpans":[]}\n', /^otlp-json keeps whole spans together, .* convert --to blockpack or parquet/],
  ['\x1f\x8b\x08', /^is compressed as a whole, so nothing says which bytes are whose; convert/],
  ['PAR1PAR1', /^Parquet: needs 12 bytes at least, file has 8/],
  ['hello', /^no traces begin with 'hello'/],
])('what cannot say is refused: %j', async (text, message) => {
  const file = openMemory(Buffer.from(text, 'latin1'))
  expect((await labRejection(storedBytes(file, 'x', 'attribute'))).message).toMatch(message)
})

describeTempoBlocks('blocks that Tempo wrote', () => {
  test.each(['demo-blob', 'fullypopulated', 'preview', 'search'])('those in %s', async folder => {
    const names = readdirSync(tempoBlockPath(folder), { recursive: true, encoding: 'utf8' })
    const paths = names.filter(name => name.endsWith('data.parquet')).map(name => join(tempoBlockPath(folder), name))
    expect(paths.length).toBeGreaterThan(0)
    for (const path of paths)
      for (const dealing of dealings) {
        const file = await openLocal(path)
        try {
          const { lines } = await storedBytes(file, path, dealing)
          const sum = lines.reduce((total, line) => total + line.byteLength, 0)
          expect(sum, `${path} by ${dealing}`).toBe(file.byteLength)
        } finally {
          await file.close()
        }
      }
  })
})

test.each(generated)(
  'columns of blockpack with %s traces take what is dealt out to their attributes',
  async workload => {
    const bytes = await write('blockpack', generatedTraces(workload, 25))
    const columns = await columnBytes(openMemory(bytes))
    expect(columns.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(bytes.length)
    const dealt = new Map((await linesOf(bytes, 'attribute')).lines.map(line => [line.name, line]))
    const own = columns.filter(({ kind }) => kind !== 'shared')
    expect(own.length).toBeGreaterThan(10)
    for (const { name, kind, byteLength } of own) {
      expect(dealt.get(name)!.kind).toBe(kind)
      expect(byteLength, name).toBeLessThanOrEqual(dealt.get(name)!.byteLength)
    }
    // Fields and attributes have their bytes alone, but for what columns of several have of them.
    const isAlone = ({ name, byteLength }: ColumnBytes) => dealt.get(name)!.byteLength === byteLength
    expect(own.filter(({ kind }) => kind === 'field').every(isAlone)).toBe(true)
    expect(own.filter(isAlone).length).toBeGreaterThan(own.length / 2)
    for (const { name, kind, byteLength } of columns)
      if (kind === 'shared' && dealt.get(name)?.kind === kind)
        expect(dealt.get(name)!.byteLength, name).toBe(byteLength)
  },
)
