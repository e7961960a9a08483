import { createRequire } from 'node:module'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { intervalsOf } from '../../../../lib/traceql/metrics/intervals.ts'
import { answerSeries } from '../../../../lib/traceql/metrics/metrics.ts'
import type { Question } from '../../../runs/query-bench-schema.ts'
import { type Answer, rangeOf, type Terms } from '../ask.ts'
import { gatherSql } from './metrics.ts'
import { searchSql, searchStatement } from './search.ts'
import { type AskSql, quote, type SpanTable } from './table.ts'

const require = createRequire(import.meta.url)
type Package = typeof import('@duckdb/node-api')

/** Systems besides ours that may be asked. */
export const peerNames = ['duckdb'] as const
export type PeerName = (typeof peerNames)[number]

/** Why DuckDB cannot be asked; undefined where it can. */
export function duckDbProblem(): string | undefined {
  try {
    require('@duckdb/node-api')
    return undefined
  } catch {
    return 'needs the package @duckdb/node-api, which is not installed: npm install @duckdb/node-api'
  }
}

/** A table of spans in DuckDB, of one thread, as the view `spans`. */
export interface Database {
  readonly ask: AskSql
  close(): void
}

/** What `work` makes of a file of phase 24, open in an instance and connection of its own. */
export async function withDatabase<T>(file: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(file)
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

async function openDatabase(file: string): Promise<Database> {
  const { DuckDBInstance } = require('@duckdb/node-api') as Package
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`CREATE TEMP VIEW spans AS ${rowsOf(file)}`)
  return {
    ask: async statement => (await connection.runAndReadAll(statement)).getRows(),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function rowsOf(file: string): string {
  return `SELECT *, epoch_ns(start_time) AS start, nullif(parent_span_id, unhex('0000000000000000')) AS parent_id
 FROM read_parquet(${quote(file)}, file_row_number = true)`
}

/** A question in SQL. Refuses what SQL does not say as it is meant. */
export async function askDuckDb(
  ask: AskSql,
  table: SpanTable,
  { text }: Question,
  { range, maxSeries, limit, spansPerSet }: Terms,
): Promise<Answer> {
  const query = parseQuery(text)
  if (query.kind === 'search') {
    const traces = await searchSql(ask, searchStatement(query, table, { limit, spansPerSet }))
    return { traces }
  }
  const asked = rangeOf(range)
  const intervals = intervalsOf(asked.startNanos, asked.endNanos, asked.stepNanos)
  return answerSeries(
    query,
    { ...asked, intervals, maxSeries },
    { gather: (node, run) => gatherSql(ask, node, run, table) },
  )
}
