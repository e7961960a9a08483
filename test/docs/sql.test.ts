import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeVparquet } from '../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../lib/import/sort.ts'
import { writeFlat } from '../../lib/import/tables.ts'
import { serviceOf } from '../../lib/model/service.ts'
import { MemorySink } from '../../lib/storage/memory.ts'
import { streamOf } from '../support/chunks.ts'
import { askDuckDb, describeDuckDb } from '../support/duckdb.ts'
import { generatedTraces } from '../support/generated.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/sql.md'), 'utf8')
const blocks = [...page.matchAll(/^```sql\n(.*?)^```/gms)].map(match => match[1]!)
const inShell = [...page.matchAll(/^duckdb -c "(.*)"$/gm)].map(match => match[1]!)
const [runnable, others] = [blocks.filter(block => !isMarked(block)), blocks.filter(isMarked)]
const statements = [...inShell, ...runnable.flatMap(block => block.split(/;$/m))]
  .map(text => text.trim())
  .filter(Boolean)

/** True where the page says that a block is not run. */
function isMarked(block: string): boolean {
  return block.startsWith('-- Needs a bucket')
}

test('the page has SQL, and one block of it needs a bucket', () => {
  expect([statements.length, others.length]).toEqual([6, 1])
})

describeDuckDb('the SQL of docs/sql.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sql-page-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const namedId = /unhex\('(\w+)'\)/.exec(page)![1]!
  const [first, ...rest] = generatedTraces('otel', 300)
  const traces = [{ ...first!, traceId: namedId }, ...rest]
  const spans = traces.flatMap(trace => trace.spans)
  const errors = spans.filter(({ status }) => status?.code === 2)
  const exceptions = spans.flatMap(({ events }) => events).filter(({ name }) => name === 'exception')

  beforeAll(async () => {
    const [table, block] = [new MemorySink(), new MemorySink()]
    await writeFlat(streamOf([traces]), table)
    await encodeVparquet(joinById(streamOf([traces])), block)
    writeFileSync(join(folder, 'spans.parquet'), table.bytes())
    const data = join(folder, 'store/single-tenant/block/data.parquet')
    mkdirSync(dirname(data), { recursive: true })
    writeFileSync(data, block.bytes())
  })

  /** The rows of the one statement with such a text, over files in the folder. */
  function rowsOf(text: string): Promise<unknown[][]> {
    const found = statements.filter(statement => statement.includes(text))
    expect(found.length, text).toBe(1)
    return askDuckDb(found[0]!.replaceAll(/'((?:spans|store)[^']*\.parquet)'/g, (_, path) => `'${join(folder, path)}'`))
  }

  const services = new Map<string, number>()
  for (const { resource } of spans) services.set(serviceOf(resource), (services.get(serviceOf(resource)) ?? 0) + 1)

  test.each(['SELECT service_name, count(*) FROM', 'unnest(ss.Spans)'])('spans by service: %s', async text => {
    expect(new Map((await rowsOf(text)) as [string, number][])).toEqual(services)
  })

  test('the p99 of operations by minute', async () => {
    const rows = await rowsOf('quantile_cont')
    expect(new Set(rows.map(row => row[1]))).toEqual(new Set(spans.map(({ name }) => name)))
    const longest = Math.max(...spans.map(({ startNanos, endNanos }) => Number(endNanos - startNanos) / 1e6))
    const greatest = Math.max(...rows.map(row => row[2] as number))
    expect(greatest).toBeGreaterThan(longest / 2)
    expect(greatest).toBeLessThanOrEqual(longest)
  })

  test('errors by service and message', async () => {
    const counts = (await rowsOf('AS errors')).map(row => row[2] as number)
    expect(counts).toEqual(counts.toSorted((a, b) => b - a))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(errors.length)
  })

  test('one trace', async () => {
    const ids = (await rowsOf('AS parent')).map(row => row[0])
    expect(ids.sort()).toEqual(first!.spans.map(({ spanId }) => spanId).sort())
  })

  test('exceptions by service and type', async () => {
    const rows = await rowsOf("'exception'")
    expect(rows.reduce((sum, row) => sum + (row[2] as number), 0)).toBe(exceptions.length)
    const types = exceptions.map(({ attributes }) => attributes.find(({ key }) => key === 'exception.type')?.value)
    expect(new Set(rows.map(row => row[1]))).toEqual(new Set(types))
  })
})
