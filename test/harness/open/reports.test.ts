import { expect, test } from 'vitest'
import { findTrace } from '../../../harness/open/find-trace.ts'
import { capturedSource } from '../../../harness/open/source.ts'
import { treeOf } from '../../../harness/view/waterfall/tree.ts'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { joinSpellings } from '../../../lib/model/trace-id.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import vparquet4 from '../../../phases/23-vparquet4.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../support/corpora.ts'

/** Inputs made after public reports, with the behaviour that the corpora's README asks for. */

function report(name: string): string {
  return corpusPath(`reports/${name}`)
}

async function tracesOf(name: string): Promise<Trace[]> {
  return (await collect(capturedSource([report(name)], {}).traces)).flat()
}

async function sources(traces: readonly Trace[]): Promise<[string, SpanSource][]> {
  const [blockpack, block] = [new MemorySink(), new MemorySink()]
  await encodeBlockpack(streamOf([traces]), blockpack, profiles.default)
  await vparquet4.encode(streamOf([traces]), block, { zstdLevel: 1 })
  return [
    ['captures', memorySource(traces)],
    ['blockpack', blockpackSource(await BlockpackReader.open(openMemory(blockpack.bytes())))],
    ['a block of Tempo', await vparquet4.open!(openMemory(block.bytes()))],
  ]
}

/** The names that a query selects, and the name of the root, of each source. */
async function expectAnswers(name: string, query: string, names: readonly string[], root: string): Promise<void> {
  for (const [title, source] of await sources(await tracesOf(name))) {
    const { traces } = await search(source, parseQuery(`${query} | select(name)`), { limit: 10, spss: 10 })
    const found = traces.flatMap(({ spanSet }) => spanSet.spans.map(span => span.name))
    expect([found, traces[0]?.rootTraceName], title).toEqual([names, root])
  }
}

describeCorpora('reports', () => {
  test('30: a parent id of zeros is no parent, and comes back', async () => {
    await expectAnswers('30-zero-parent.json', '{ nestedSetParent < 0 }', ['root'], 'root')
    const [trace] = await tracesOf('30-zero-parent.json')
    expect(treeOf(trace!.spans).map(({ root }) => root)).toEqual(['root', 'no'])
    expect(trace!.spans[0]!.parentSpanId).toBe('0000000000000000')
  })

  test('141: the root has no child_of link into its own trace', async () => {
    await expectAnswers('141-child-of-link-root.json', '{ name = "bbb" && rootName = "bbb" }', ['bbb'], 'bbb')
  })

  test('250: the server half is below the client half, its children below the server half', async () => {
    await expectAnswers('250-zipkin-shared-tree.json', '{ kind = client } > { kind = server }', ['get /items'], 'get /')
    await expectAnswers('250-zipkin-shared-tree.json', '{ kind = server } > { name = "select" }', ['select'], 'get /')
    const [trace] = await tracesOf('250-zipkin-shared-tree.json')
    const rows = treeOf(trace!.spans)
    expect(rows.map(({ span, depth }) => [span.spanId.slice(-2), span.kind, depth])).toEqual([
      ['01', 2, 0],
      ['02', 3, 1],
      ['02', 2, 2],
      ['03', 3, 3],
    ])
  })

  test.each([
    ['a short id', '48485a3953bb6124'],
    ['a long id', '000000000000000048485a3953bb6124'],
  ])('115: spans of both spellings are found by %s, and keep theirs', async (_, id) => {
    const found = await findTrace(id, [report('115-zipkin-mixed-ids.json')])
    expect(found.map(({ traceId }) => traceId).sort()).toEqual(['000000000000000048485a3953bb6124', '48485a3953bb6124'])
    expect(joinSpellings(found).spans).toHaveLength(2)
  })

  test('115: queries see one trace of both spellings, beside that of another number', async () => {
    for (const [title, source] of await sources(await tracesOf('115-zipkin-mixed-ids.json'))) {
      const { traces } = await search(source, parseQuery('{ }'), { limit: 10, spss: 10 })
      expect(traces.map(({ spanSet }) => spanSet.matched).sort(), title).toEqual([1, 2])
    }
  })
})
