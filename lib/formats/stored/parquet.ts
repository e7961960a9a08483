import type { Trace } from '../../model/trace.ts'
import type { ParquetFile } from '../../parquet/read/footer.ts'
import { besideColumns } from '../../parquet/read/parts.ts'
import type { Share, StoredColumn, StoredPart } from './stored.ts'

/** What a column of a Parquet file holds; with a `share` for columns that are not dealt out as their pages suggest. */
export type ColumnMeaning = Pick<StoredColumn, 'name' | 'holds'> & { readonly share?: Share }

/** Columns that say where things are, and hold no values. */
export const structure: ColumnMeaning = { name: 'structure', share: 'spans' }

/** The row groups of a file; `meaningOf` says what a column holds, `tracesOf` reads the traces of a row group. */
export async function* storedParquet(
  file: ParquetFile,
  meaningOf: (column: string) => ColumnMeaning,
  tracesOf: (rowGroup: number) => Promise<readonly Trace[]>,
): AsyncIterable<StoredPart> {
  for (const [number, { chunks }] of file.footer.rowGroups.entries()) {
    const columns = [...chunks].flatMap(([column, { start, dataStart, end }]): StoredColumn[] => {
      const meaning = meaningOf(column)
      return [
        { share: 'entries', ...meaning, byteLength: dataStart - start },
        { share: dataStart > start ? 'codes' : 'values', ...meaning, byteLength: end - dataStart },
      ]
    })
    yield { traces: await tracesOf(number), columns }
  }
  const { footer, indexes } = besideColumns(file)
  const shared = (name: string, byteLength: number): StoredColumn => ({ name, share: 'shared', byteLength })
  yield { traces: [], columns: [shared('footer', footer), shared('indexes of pages', indexes)] }
}

/** A column that holds the values of some names. */
export function ofNames(...names: string[]): ColumnMeaning {
  return { name: names[0]!, holds: values => names.includes(values.name) }
}

/** Columns that hold the attributes of a scope but for those with columns of their own. */
export function ofRest(scope: string, own: ReadonlySet<string> = new Set()): ColumnMeaning {
  return {
    name: `lists of ${scope} attributes`,
    holds: ({ name }) => name.startsWith(`${scope}.`) && !own.has(name),
  }
}
