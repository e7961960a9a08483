import { firstNumber } from '../engine/arithmetic.ts'
import { numbersOf } from '../engine/numbers.ts'
import { fieldVector, type Pool, Tag } from '../engine/vector.ts'
import type { Part, View } from '../engine/view.ts'
import type { Field } from '../language/ast.ts'

/** By span the number that a field holds, NaN where it holds none; of several events or links the first. */
export function spanValues(view: View, field: Field, pool: Pool): Float64Array {
  const parts = view.parts(field)
  const [only] = parts
  if (parts.length === 1 && isPlain(only!)) return numbersOf(only!.data)
  const values = new Float64Array(view.spanCount).fill(Number.NaN)
  if (parts.length > 1) {
    const { tags, numbers } = fieldVector(view, field, pool)
    for (let row = 0; row < values.length; row++) {
      const { tag, number } = firstNumber({ tag: tags[row]!, number: numbers[row]! }, pool)
      if (tag !== Tag.nil) values[row] = number
    }
    return values
  }
  for (const { data, owner, unless } of parts) {
    if (data.type !== 'int' && data.type !== 'double') continue
    fillValues(view, { owner, rows: data.rows, numbers: numbersOf(data), unless }, values)
  }
  return values
}

/** Whether a part has a number for every span. */
function isPlain({ data, owner, unless }: Part): boolean {
  return (
    owner === 'span' &&
    unless === undefined &&
    data.rows === undefined &&
    (data.type === 'int' || data.type === 'double')
  )
}

interface NumberPart {
  readonly owner: 'span' | 'event' | 'link' | 'trace'
  readonly rows: Uint32Array | undefined
  readonly numbers: Float64Array
  readonly unless: Uint8Array | undefined
}

function fillValues(view: View, { owner, rows, numbers, unless }: NumberPart, values: Float64Array): void {
  const spans = owner === 'event' ? view.columns.eventSpans : owner === 'link' ? view.columns.linkSpans : undefined
  for (let i = 0; i < numbers.length; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (owner === 'trace') values.fill(numbers[i]!, view.traceStarts[row]!, view.traceStarts[row + 1]!)
    else {
      const span = spans === undefined ? row : spans[row]!
      if (Number.isNaN(values[span]!) && unless?.[span] !== 1) values[span] = numbers[i]!
    }
  }
}
