import type { ColumnData } from '../../model/scan.ts'

/** A text by row of its owner. */
export type Texts = (row: number) => string | undefined

/** The texts of a column, looked up by row; undefined where a row has none. */
export function textColumn(columns: readonly ColumnData[]): Texts {
  const data = columns.find(({ type }) => type === 'string')
  if (data === undefined) return () => undefined
  if (data.rows === undefined) return wholeTexts(data)
  const { rows } = data
  // One more than the position of a row, the first if it repeats; 0 where it has no text.
  const places = new Uint32Array((rows.at(-1) ?? 0) + 1)
  for (let i = rows.length - 1; i >= 0; i--) places[rows[i]!] = i + 1
  const texts = wholeTexts(data)
  return row => {
    const place = row < places.length ? places[row]! : 0
    return place === 0 ? undefined : texts(place - 1)
  }
}

function wholeTexts({ values }: ColumnData): Texts {
  if (!('codes' in values)) return () => undefined
  const { codes, dictionary } = values
  return row => dictionary[codes[row]!] as string
}
