import { createRequire } from 'node:module'
import { describe } from 'vitest'
import { duckDbProblem } from '../../harness/bench/queries/sql/duckdb.ts'

type Package = typeof import('@duckdb/node-api')

/** A suite that asks DuckDB; where its package is absent it is skipped and its name says so. */
export function describeDuckDb(name: string, suite: () => void): void {
  const problem = duckDbProblem()
  if (problem === undefined) describe(name, suite)
  else describe.skip(`${name} (${problem})`, suite)
}

/** The rows of a statement, of a database of its own; numbers of all sizes are numbers. */
export async function askDuckDb(statement: string): Promise<unknown[][]> {
  const { DuckDBInstance } = createRequire(import.meta.url)('@duckdb/node-api') as Package
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const rows = (await connection.runAndReadAll(statement)).getRows()
    return rows.map(row => row.map(value => (typeof value === 'bigint' ? Number(value) : value)))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
