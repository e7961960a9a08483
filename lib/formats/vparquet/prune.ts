import { parseName } from '../../model/column-name.ts'
import { rangeMeets } from '../../model/relation.ts'
import type { AttributeScope, Condition, Intrinsic, ScanRequest } from '../../model/scan.ts'
import { passes } from '../../model/value-test.ts'
import type { Chunk } from '../../parquet/read/footer.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { genericColumns } from './generic-attributes.ts'
import { intrinsicColumns, isForward } from './intrinsics.ts'
import type { Layout } from './layout.ts'
import { prefixes } from './schema.ts'

/** Tells where conditions may be met, from the footer and from dictionaries that have been loaded. */

/** The fields whose strings are all in a dictionary. */
const coded: readonly Intrinsic[] = ['span:name', 'event:name', 'instrumentation:name', 'instrumentation:version']
/** The fields whose minimum and maximum the footer gives. */
const numbered: readonly Intrinsic[] = ['span:kind', 'span:status']

/** False where nothing in the row group is wanted. */
export function mayHold(columns: RowGroupColumns, layout: Layout, { needs }: ScanRequest): boolean {
  return needs.every(need => need.some(list => list.every(condition => mayMeet(columns, layout, condition))))
}

/** False where the row group has no span that starts in time. */
export function isInTime(columns: RowGroupColumns, { startNanos, endNanos }: ScanRequest): boolean {
  const { extent } = columns.chunk(`${prefixes.span}.StartTimeUnixNano`)
  if (extent === undefined) return true
  return (startNanos === undefined || extent[1] >= startNanos) && (endNanos === undefined || extent[0] < endNanos)
}

/** The columns whose dictionaries allow further pruning: names and keys first, then values of any key. */
export function dictionariesFor(layout: Layout, { needs }: ScanRequest): [first: string[], second: string[]] {
  const [first, second]: [string[], string[]] = [[], []]
  for (const condition of needs.flat(2)) {
    const named = parseName(condition.column)
    if (named.intrinsic !== undefined) {
      if (coded.includes(named.intrinsic)) first.push(...intrinsicColumns[named.intrinsic])
      continue
    }
    const { scope, key } = named
    first.push(...layout.attributes[scope].filter(one => one.key === key).map(({ column }) => column))
    first.push(genericColumns(scope).keys)
    if (onlyTexts(condition)) second.push(stringsOf(scope))
  }
  return [first, second]
}

function mayMeet(columns: RowGroupColumns, layout: Layout, condition: Condition): boolean {
  const named = parseName(condition.column)
  if (named.intrinsic === undefined) return mayHaveAttribute(columns, layout, named.scope, named.key, condition)
  const [column] = intrinsicColumns[named.intrinsic]
  if (coded.includes(named.intrinsic)) return mayHoldText(columns, column!, condition)
  const isTold = numbered.includes(named.intrinsic) || (named.intrinsic === 'span:duration' && isForward(columns))
  return !isTold || mayHoldNumber(columns.chunk(column!), condition)
}

function mayHaveAttribute(
  columns: RowGroupColumns,
  layout: Layout,
  scope: AttributeScope,
  key: string,
  condition: Condition,
): boolean {
  const mayHold = (column: string) =>
    mayHoldText(columns, column, condition) && mayHoldNumber(columns.chunk(column), condition)
  if (ownColumns(columns, layout, scope, key).some(mayHold)) return true
  const { keys } = genericColumns(scope)
  if (columns.chunk(keys).isEmpty || columns.dictionary(keys)?.includes(key) === false) return false
  const other = `${prefixes[scope]}.Attrs.ValueUnsupported`
  const mayBeOther = columns.has(other) && !columns.chunk(other).isEmpty
  return mayBeOther || !onlyTexts(condition) || mayHoldText(columns, stringsOf(scope), condition)
}

/** The columns of an attribute's own that hold anything. */
function ownColumns(columns: RowGroupColumns, layout: Layout, scope: AttributeScope, key: string): string[] {
  const own = layout.attributes[scope].filter(one => one.key === key).map(({ column }) => column)
  return own.filter(column => !columns.chunk(column).isEmpty)
}

function stringsOf(scope: AttributeScope): string {
  return `${prefixes[scope]}.Attrs.Value`
}

/** False where the dictionary of the column is known and has nothing that meets the condition. */
function mayHoldText(columns: RowGroupColumns, column: string, { relation, operands, test }: Condition): boolean {
  const dictionary = columns.dictionary(column)
  if (dictionary === undefined) return true
  if (relation === '=') return dictionary.some(text => operands.includes(text))
  return relation !== 'exists' || test === undefined || dictionary.some(text => passes(test, text))
}

function onlyTexts({ relation, operands }: Condition): boolean {
  return relation === '=' && operands.every(operand => typeof operand === 'string')
}

/** False where the range of the column is known, and none of it is so related to an operand. */
function mayHoldNumber({ extent }: Chunk, { relation, operands }: Condition): boolean {
  if (extent === undefined || relation === 'exists') return true
  const [least, greatest] = extent
  return operands.some(operand => {
    if (typeof operand !== 'bigint' && typeof operand !== 'number') return false
    return rangeMeets(least, greatest, relation, operand)
  })
}
