import { expect, test } from 'vitest'
import type { ClusterBench, ClusterRun } from '../../../harness/runs/cluster-bench-schema.ts'
import type { Figure } from '../../../harness/runs/serve-bench-schema.ts'
import type { Table } from '../../../harness/text/table.ts'
import { clusterDocument, clusterPage } from '../../../harness/view/cluster-bench.ts'
import { isPicture } from '../../../harness/view/document.ts'

function runOf(format: ClusterRun['format'], factor: number, searches: readonly Figure[]): ClusterRun {
  const figure = (what: string, value: number | null, more: Partial<Figure> = {}) => ({
    what,
    unit: 'x',
    value,
    ...more,
  })
  const sections: ClusterRun['sections'] = [
    {
      title: 'In',
      figures: [
        figure('acknowledged', 20_000 / factor, { wanted: ['≥', 15_000] }),
        figure('lag of partition 0, the most', 3 * factor),
        figure('lag of partition 1, the most', 2),
      ],
    },
    { title: 'Searched, over an hour in blocks', figures: [figure('otel: trace by id, p50', 7), ...searches] },
    { title: 'Memory, the most of any process of a role', figures: [figure('querier', 100 * factor)] },
  ]
  return { format, store: 'Ceph', sections } as ClusterRun
}

const of = (what: string, value: number | null, problem?: string): Figure => ({ what, unit: 'ms', value, problem })

function benchOf(...runs: ClusterRun[]): ClusterBench {
  const job = { counts: { querier: 2 } }
  return { kind: 'cluster', input: { source: 'otel' }, environment: { date: '2026' }, job, runs, problems: [] } as never
}

const both = benchOf(
  runOf('blockpack', 1, [of('a', 2), of('b', 8)]),
  runOf('vParquet4', 2, [of('a', 10), of('b', null, '3 spans were lost')]),
)

function tablesOf(page: readonly unknown[]): ReadonlyMap<string, Table> {
  const tables = page.filter(part => typeof part === 'object' && part !== null && 'columns' in part) as Table[]
  return new Map(tables.map(table => [table.name, table]))
}

const headers = (table: Table) => table.columns.map(({ header }) => header)

test('two formats come to a table of both with their ratio, where what was not measured is null', () => {
  const table = tablesOf(clusterPage(both)).get('Side by side')!
  expect(headers(table)).toEqual(['', 'blockpack', 'vParquet4', '', 'vParquet4 to blockpack'])
  const rows = new Map(table.rows.map(([what, ...values]) => [what, values]))
  expect(rows.get('acknowledged')).toEqual([20_000, 10_000, 'spans/s', 0.5])
  expect(rows.get('lag of a partition, the most')).toEqual([3, 6, 'records', 2])
  expect(rows.get('memory of all processes, each at its most')).toEqual([200, 400, 'MiB', 2])
  const [mean, none, ...rest] = rows.get('searches, geometric mean')!
  expect([mean, none, ...rest]).toEqual([expect.closeTo(4), null, 'ms', null])
  expect(rows.get('stored, when compacted')).toEqual([null, null, 'B/span', null])
})

test('what fell short is said in words, and whose it was beside the figure', () => {
  const page = clusterPage(both)
  const at = page.indexOf('What fell short:')
  expect(page.slice(at + 1, at + 3)).toEqual(['- vParquet4: acknowledged: 10,000 x, wanted ≥ 15,000', '## In'])
  const table = tablesOf(page).get('In')!
  expect(headers(table).slice(-2)).toEqual(['wanted', 'reached'])
  expect(table.rows.map(row => row.at(-1))).toEqual(['blockpack yes, vParquet4 no', '', ''])
})

test('a query that was answered wrongly says so and has no ratio; nothing is wanted of queries', () => {
  const table = tablesOf(clusterPage(both)).get('Searched, over an hour in blocks')!
  expect(headers(table)).not.toContain('wanted')
  expect(table.rows.at(-1)).toEqual(['b', 8, '3 spans were lost', 'ms', null])
})

test('the page has a picture of all queries; one format alone has neither ratios nor a table of both', () => {
  expect(clusterDocument(both).filter(isPicture)).toHaveLength(1)
  const page = clusterPage(benchOf(both.runs[0]!))
  expect(tablesOf(page).has('Side by side')).toBe(false)
  expect(headers(tablesOf(page).get('In')!)).toEqual(['', 'blockpack', '', 'wanted', 'reached'])
})
