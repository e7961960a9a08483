import { ByteArrayValues, DictionaryValues } from './string-values.ts'
import type { ColumnValues } from './values.ts'

/** What adds a value to a column: a text to strings, else of the type that the column holds. */
export function adderOf(values: ColumnValues): (value: unknown) => void {
  if (values instanceof DictionaryValues || values instanceof ByteArrayValues)
    return value => values.addText(value as string)
  const others = values as unknown as { add(value: unknown): void }
  return value => others.add(value)
}
