import { cpSync, createReadStream, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, expect, test } from 'vitest'
import { Losses } from '../../../../lib/formats/losses.ts'
import { vparquet } from '../../../../lib/formats/parquet.ts'
import { readInputs } from '../../../../lib/import/input.ts'
import { collect } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { droppedCounts } from '../../../support/losses.ts'
import { describeReference } from '../../traceql/references.ts'
import { blockFolder } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'vparquet-source-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(path: string) {
  const losses = new Losses()
  const inputs = readInputs([path], { losses })
  const traces = (await collect(inputs.batches)).flat()
  return { traceCount: traces.length, inputs, dropped: droppedCounts(losses) }
}

const notHeld = { field: expect.stringMatching(/^what vParquet5 does not hold \(flags; schema URLs; /), count: 524 }

describeReference('blocks of Tempo as inputs', ['tempo-blocks/search'], () => {
  function copyOf(name: string): string {
    const copy = join(folder, name)
    cpSync(blockFolder('search', 'vParquet5'), copy, { recursive: true })
    return copy
  }

  test('a folder of blocks, of which the parts beside the data are no files of their own', async () => {
    const block = copyOf('tenant/block')
    const path = join(block, 'data.parquet')
    const { traceCount, inputs, dropped } = await read(join(folder, 'tenant'))
    expect(traceCount).toBe(25)
    expect(inputs.files).toEqual([{ path, format: 'vparquet', byteLength: 255253 }])
    expect(inputs.skipped).toEqual([])
    expect(dropped).toEqual([notHeld])
  })

  test('data without meta.json, and as a stream, lack the names of dedicated columns', async () => {
    const path = join(copyOf('alone'), 'data.parquet')
    rmSync(join(folder, 'alone/meta.json'))
    const column = (field: string, count: number) => ({ field: `${field}.DedicatedAttributes.String01`, count })
    const lost = expect.arrayContaining([column('rs.Resource', 2), column('rs.ss.Spans', 2), notHeld])
    expect(await read(path)).toMatchObject({ traceCount: 25, dropped: lost })
    const losses = new Losses()
    const chunks = createReadStream(path) as AsyncIterable<Uint8Array>
    expect((await collect(vparquet.read(chunks, losses))).flat()).toHaveLength(25)
    expect(droppedCounts(losses)).toEqual(lost)
  })

  test('a compacted block is refused: its traces stand in another', async () => {
    const block = copyOf('compacted')
    renameSync(join(block, 'meta.json'), join(block, 'meta.compacted.json'))
    const error = await labRejection(read(block))
    expect(error.message).toMatch(/compacted\/data\.parquet: vparquet: a compacted block/)
  })

  test('what is wrong is told with file, format and place', async () => {
    const block = copyOf('lies')
    writeFileSync(join(block, 'meta.json'), '{"format":"vParquet3"')
    expect((await labRejection(read(block))).message).toMatch(/lies\/data\.parquet: vparquet: meta\.json: /)
  })

  test('a cut file is told of by the length that its meta.json has, before its footer is sought', async () => {
    const block = copyOf('cut')
    truncateSync(join(block, 'data.parquet'), 1000)
    expect((await labRejection(read(block))).message).toMatch(
      /cut\/data\.parquet: vparquet: meta\.json: says that data\.parquet has 255253 bytes, it has 1000$/,
    )
  })
})

test('a cut Parquet file is told once to be Parquet', async () => {
  const path = join(folder, 'cut.parquet')
  writeFileSync(path, `PAR1${'x'.repeat(100)}`)
  expect((await labRejection(read(path))).message).toBe(
    `${path}: vparquet: no footer ends at byte 104, where the file does`,
  )
})

test('a Parquet file that is no block is refused', async () => {
  const path = join(folder, 'data.parquet')
  writeFileSync(path, Buffer.from('PAR1\x00\x00\x00\x00PAR1', 'latin1'))
  expect((await labRejection(read(path))).message).toMatch(/data\.parquet: vparquet: Parquet footer: /)
})

test('a codec that is not read is named, with its column', async () => {
  const path = join(folder, 'gzip.parquet')
  const gzip = (bytes: Uint8Array) => gzipSync(bytes)
  const columnData = [{ name: 'TraceID', data: ['a'.repeat(500)] }]
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, codec: 'GZIP', compressors: { GZIP: gzip } })))
  const { kind, message } = await labRejection(read(path))
  expect([kind, message]).toEqual([
    'unsupported',
    `${path}: vparquet: Parquet footer: row group 0: TraceID: compressed by GZIP`,
  ])
})

test('Parquet that is neither a block nor a table of ours is told by its columns, with what is read', async () => {
  const path = join(folder, 'other.parquet')
  const columnData = ['station', 'day', 'rain', 'wind'].map(name => ({ name, data: [1n] }))
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData })))
  expect((await labRejection(read(path))).message).toMatch(
    /: Parquet with the columns station, day, rain, …: blocks of vParquet4 and vParquet5 are read, and tables that convert/,
  )
})
