import { answerValue, type KeyedValue } from '../engine/answer-value.ts'
import { type Cell, type Pool, Tag } from '../engine/vector.ts'
import type { MetricsAggregate } from '../language/ast.ts'
import { printField } from '../language/print-expression.ts'
import type { Groups } from './accumulate.ts'
import type { GroupCodes } from './group-codes.ts'
import { valueKey } from './series.ts'

export type CountingAggregate = Exclude<MetricsAggregate, { kind: 'compare' }>

/** The labels of each group: its fields as they are written, or the name of the aggregate where nothing groups. */
export function labelsOf({ by, kind }: CountingAggregate, { count, cells }: GroupCodes, pool: Pool): Groups {
  if (by.length === 0) return { count, key: () => '', labels: () => nameLabels(kind) }
  const names = by.map(printField)
  return {
    count,
    key: code =>
      by.length === 1
        ? textKey(cells(code)[0]!, pool)
        : cells(code)
            .map(cell => cellKey(cell, pool))
            .join(),
    labels: code => cells(code).map((cell, i): KeyedValue => ({ key: names[i]!, value: answerValue(cell, pool) })),
  }
}

/** A text for equal cells of any batch: the text of the cell itself where it is one, which is cheap to look up. */
function textKey(cell: Cell, pool: Pool): string {
  const text = cell.tag === Tag.text ? pool.text(cell.number) : '\0'
  return text.startsWith('\0') ? `\0${cellKey(cell, pool)}` : text
}

/** One text for equal cells of any batch, from which no other cell's text differs by a comma alone. */
function cellKey({ tag, number }: Cell, pool: Pool): string {
  if (tag < Tag.text) return `${tag}:${number}`
  if (tag > Tag.id) return valueKey(answerValue({ tag, number }, pool))
  const text = pool.text(number)
  return `${tag}:${text.length}:${text}`
}

/** Quantiles and buckets have labels of their own. */
export function nameLabels(kind: CountingAggregate['kind']): KeyedValue[] {
  const isNamed = kind !== 'quantile_over_time' && kind !== 'histogram_over_time'
  return isNamed ? [{ key: '__name__', value: { stringValue: kind } }] : []
}
