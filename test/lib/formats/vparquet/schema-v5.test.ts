import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'
import { type DedicatedColumn, parseMeta } from '../../../../lib/formats/vparquet/meta.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { describeReference, readJson } from '../../traceql/references.ts'
import { decode, readBlockFiles } from './blocks.ts'

type Metadata = ReturnType<typeof parquetMetadata>

async function write(traces: readonly Trace[], dedicatedColumns: readonly DedicatedColumn[]): Promise<Metadata> {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([traces])), sink, { version: 'vParquet5', dedicatedColumns })
  return parquetMetadata(Uint8Array.from(sink.bytes()))
}

function elementsOf({ schema }: Metadata) {
  return schema.map(({ type_length, ...rest }) => rest)
}

/** Path, codec and encodings of each column, those of levels left out. */
function columnsOf({ row_groups }: Metadata) {
  return row_groups[0]!.columns.map(({ meta_data }) => ({
    path: meta_data!.path_in_schema.join(', '),
    codec: meta_data!.codec as string,
    encodings: meta_data!.encodings.filter(encoding => encoding !== 'RLE').sort() as string[],
  }))
}

/** So many attributes of a scope and type, which no trace has. */
function dedicated(scope: DedicatedColumn['scope'], type: DedicatedColumn['type'], count: number): DedicatedColumn[] {
  return Array.from({ length: count }, (_, i) => ({ scope, type, name: `${type} ${i}` }))
}

describeReference('the default schema of vParquet5', ['tempo-blocks/schema-v5default.json'], () => {
  interface Element {
    name: string
    type: string | null
    repetition_type: string | null
    num_children: string | null
    converted_type: string | null
  }

  const columns = [
    ...dedicated('resource', 'string', 4),
    ...dedicated('span', 'string', 7),
    ...dedicated('span', 'int', 3),
  ]

  test('names, types and repetition of all 108 elements are Tempo’s', async () => {
    const { schema } = await write(generatedTraces('otel', 3), columns)
    const ours = schema.map(
      ({ name, type, repetition_type, num_children, converted_type }): Element => ({
        name,
        type: type ?? null,
        repetition_type: repetition_type ?? null,
        num_children: num_children === undefined ? null : String(num_children),
        converted_type: converted_type ?? null,
      }),
    )
    const theirs = readJson('tempo-blocks/schema-v5default.json') as (Element & { logical_type: string })[]
    expect(ours).toEqual(theirs.map(({ logical_type, ...element }) => element))
  })

  test('encodings and codecs are Tempo’s', async () => {
    const ours = columnsOf(await write(generatedTraces('otel', 30), columns))
    const theirs = readJson('tempo-blocks/columns-v5default.json') as Record<string, string>[]
    expect(ours).toEqual(
      theirs.map(({ path_in_schema, encodings, compression }) => ({
        path: path_in_schema,
        codec: compression,
        encodings: encodings!
          .split(', ')
          .filter(encoding => encoding !== 'RLE')
          .sort(),
      })),
    )
  })
})

const blocks = ['search', 'fullypopulated'].map(set => [set, `tempo-blocks/${set}/blocks-vParquet5`] as const)

describeReference(
  'beside the blocks of vParquet5 that Tempo wrote',
  blocks.map(([, path]) => path),
  () => {
    test.each(blocks)('%s: schema, encodings and codecs, with its dedicated columns', async set => {
      const { data, meta } = readBlockFiles(set, 'vParquet5')
      const { traces } = await decode(data, meta)
      const ours = await write(traces, parseMeta(meta).dedicatedColumns)
      const theirs = parquetMetadata(Uint8Array.from(data))
      expect(elementsOf(ours)).toEqual(elementsOf(theirs))
      expect(columnsOf(ours)).toEqual(columnsOf(theirs))
    })
  },
)
