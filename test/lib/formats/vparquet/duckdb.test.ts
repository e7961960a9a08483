import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DedicatedColumn } from '../../../../lib/formats/vparquet/meta.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import { serviceOf } from '../../../../lib/model/service.ts'
import type { Span } from '../../../../lib/model/trace.ts'
import { MemorySink } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { askDuckDb, describeDuckDb } from '../../../support/duckdb.ts'
import { generatedTraces } from '../../../support/generated.ts'

const folder = mkdtempSync(join(tmpdir(), 'duckdb-blocks-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const traces = generatedTraces('otel', 200)
const spans = traces.flatMap(trace => trace.spans)
const dedicatedColumns: DedicatedColumn[] = [{ scope: 'span', name: 'db.operation.name', type: 'string' }]

/** Counts, and sums of a number, by what `keyOf` gives; by key. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string, numberOf: (item: T) => number): unknown[][] {
  const groups = new Map<string, [count: number, sum: number]>()
  for (const item of items) {
    const [count, sum] = groups.get(keyOf(item)) ?? [0, 0]
    groups.set(keyOf(item), [count + 1, sum + numberOf(item)])
  }
  return [...groups].map(([key, own]) => [key, ...own]).sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
}

const durationOf = ({ startNanos, endNanos }: Span) => Number(endNanos - startNanos)
const intOf = (value: unknown) => (typeof value === 'bigint' ? Number(value) : 0)

describeDuckDb('DuckDB reads blocks that we write', () => {
  describe.each(['vParquet4', 'vParquet5'] as const)('%s', version => {
    let rows: (select: string) => Promise<unknown[][]>

    beforeAll(async () => {
      const sink = new MemorySink()
      await encodeVparquet(joinById(streamOf([traces])), sink, { version, dedicatedColumns, rowGroupSpans: 1000 })
      const path = join(folder, `${version}.parquet`)
      writeFileSync(path, sink.bytes())
      const view = `WITH block AS (SELECT * FROM '${path}'),
        r AS (SELECT unnest(rs) AS r FROM block),
        s AS (SELECT r.Resource AS Resource, unnest(r.ss) AS ss FROM r),
        spans AS (SELECT Resource, ss.Scope AS Scope, unnest(ss.Spans) AS span FROM s)`
      rows = select => askDuckDb(`${view} ${select}`)
    })

    test('as many traces and spans, with the same sums', async () => {
      expect(await rows('SELECT count(*), count(DISTINCT TraceID) FROM block')).toEqual([
        [traces.length, traces.length],
      ])
      const sums = await rows('SELECT count(*), sum(span.DurationNano)::DOUBLE, count(DISTINCT span.SpanID) FROM spans')
      const ids = new Set(spans.map(({ spanId }) => spanId)).size
      expect(sums).toEqual([[spans.length, spans.reduce((sum, span) => sum + durationOf(span), 0), ids]])
    })

    test.each([
      ['Resource.ServiceName', (span: Span) => serviceOf(span.resource)],
      ['span.Name', (span: Span) => span.name],
      ['span.StatusCode::VARCHAR', (span: Span) => String(span.status?.code ?? 0)],
      ['Scope.Name', (span: Span) => span.scope?.name ?? ''],
    ])('spans by %s', async (column, keyOf) => {
      const select = `SELECT ${column} AS key, count(*), sum(span.DurationNano)::DOUBLE FROM spans GROUP BY 1 ORDER BY 1`
      expect((await rows(select)).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual(
        grouped(spans, keyOf, durationOf),
      )
    })

    test('attributes of lists by key, with the sums of their ints; one of a dedicated column by value', async () => {
      const own = version === 'vParquet4' ? ['http.method', 'http.url', 'http.status_code'] : []
      const listed = spans
        .flatMap(span => span.attributes)
        .filter(({ key }) => key !== 'db.operation.name' && !own.includes(key))
      const found = await rows(`SELECT a.Key, count(*), coalesce(sum(list_sum(a.ValueInt)), 0)::DOUBLE
        FROM (SELECT unnest(span.Attrs) AS a FROM spans) WHERE NOT a.IsArray GROUP BY 1 ORDER BY 1`)
      const single = listed.filter(({ value }) => !Array.isArray(value))
      expect(found).toEqual(
        grouped(
          single,
          ({ key }) => key,
          ({ value }) => intOf(value),
        ),
      )
      const dedicated =
        version === 'vParquet4' ? 'span.DedicatedAttributes.String01' : 'span.DedicatedAttributes.String01[1]'
      const values = spans.flatMap(span => span.attributes).filter(({ key }) => key === 'db.operation.name')
      expect(
        await rows(`SELECT ${dedicated} AS v, count(*), 0 FROM spans WHERE v IS NOT NULL GROUP BY 1 ORDER BY 1`),
      ).toEqual(
        grouped(
          values,
          ({ value }) => String(value),
          () => 0,
        ),
      )
    })

    test('events by name, and statistics of services', async () => {
      const events = spans.flatMap(span => span.events)
      const byName = await rows(
        'SELECT e.Name, count(*), 0 FROM (SELECT unnest(span.Events) AS e FROM spans) GROUP BY 1 ORDER BY 1',
      )
      expect(byName).toEqual(
        grouped(
          events,
          ({ name }) => name,
          () => 0,
        ),
      )
      const stats =
        version === 'vParquet4'
          ? 'SELECT e.key AS service, e.value AS v FROM (SELECT unnest(map_entries(ServiceStats)) AS e FROM block)'
          : 'SELECT v.ServiceName AS service, v FROM (SELECT unnest(ServiceStats) AS v FROM block)'
      const sums = `SELECT service, sum(v.SpanCount)::DOUBLE, sum(v.ErrorCount)::DOUBLE FROM (${stats}) GROUP BY 1 ORDER BY 1`
      const isError = ({ status }: Span) => (status?.code === 2 ? 1 : 0)
      expect(await rows(sums)).toEqual(grouped(spans, ({ resource }) => serviceOf(resource), isError))
    })
  })
})
