import type { Compare, Field, MetricsAggregate, OverTime, SpansetFilter, Top } from './ast.ts'
import type { Cursor } from './parser-cursor.ts'
import { parseFieldExpression } from './parser-fields.ts'
import { parseField, parseStatic, staticOf } from './parser-statics.ts'

const overTime: ReadonlySet<string> = new Set<OverTime['kind']>([
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'histogram_over_time',
])

/** The first stage of metrics that comes next; undefined, and nothing taken, where none does. */
export function acceptMetricsAggregate(cursor: Cursor): MetricsAggregate | undefined {
  const { start } = cursor.token
  const name = cursor.token.kind === 'word' ? cursor.token.text : undefined
  if (name === 'rate' || name === 'count_over_time') {
    open(cursor)
    close(cursor)
    const by = parseBy(cursor)
    return { kind: name, by, start, end: cursor.lastEnd }
  }
  if (name === 'quantile_over_time') return parseQuantiles(cursor, start)
  if (name === 'compare') return parseCompare(cursor, start)
  if (name === undefined || !overTime.has(name)) return undefined
  open(cursor)
  const argument = parseField(cursor)
  close(cursor)
  return { kind: name as OverTime['kind'], argument, by: parseBy(cursor), start, end: cursor.lastEnd }
}

/** Takes a name and the parenthesis after it. */
export function open(cursor: Cursor): void {
  const name = cursor.word
  cursor.take()
  cursor.expect('(', `after ${name}`)
}

export function close(cursor: Cursor): void {
  cursor.expect(')', 'after the arguments')
}

/** The fields of a `by (…)` that comes next; none where none does. */
function parseBy(cursor: Cursor): readonly Field[] {
  if (cursor.word !== 'by') return []
  open(cursor)
  const fields = cursor.list(() => parseField(cursor))
  cursor.expect(')', 'after the fields')
  return fields
}

function parseQuantiles(cursor: Cursor, start: number): MetricsAggregate {
  open(cursor)
  const argument = parseField(cursor)
  cursor.expect(',', 'before the quantiles')
  const quantiles = cursor.list(() => parseQuantile(cursor))
  close(cursor)
  return { kind: 'quantile_over_time', argument, quantiles, by: parseBy(cursor), start, end: cursor.lastEnd }
}

function parseQuantile(cursor: Cursor): number {
  const value = parseStatic(cursor, 'a quantile')
  if (value.type === 'int' || value.type === 'float') return Number(value.value)
  return cursor.fail('a quantile is a number such as 0.99', value)
}

function parseCompare(cursor: Cursor, start: number): Compare {
  open(cursor)
  const selection = parseFilter(cursor)
  const numbers = cursor.accept(',') ? cursor.list(() => parseInt64(cursor)) : []
  if (numbers.length === 2 || numbers.length > 3)
    cursor.fail('compare has a filter, then a count, then a start and an end', { start, end: cursor.lastEnd })
  close(cursor)
  const [topN = 10n, startNanos, endNanos] = numbers
  return { kind: 'compare', selection, topN, startNanos, endNanos, start, end: cursor.lastEnd }
}

function parseInt64(cursor: Cursor): bigint {
  const value = parseStatic(cursor, 'an int')
  return value.type === 'int' ? value.value : cursor.fail('an int is expected here', value)
}

/** The `{ … }` that comes next. An empty one is true. */
export function parseFilter(cursor: Cursor): SpansetFilter {
  const { start } = cursor.token
  cursor.expect('{', 'before the conditions')
  const empty = cursor.accept('}')
  const condition = empty
    ? staticOf('bool', true, { start, end: cursor.lastEnd })
    : cursor.deeper(() => parseFieldExpression(cursor))
  if (!empty) cursor.expect('}', 'after the conditions')
  return cursor.grown({ kind: 'filter', condition, start, end: cursor.lastEnd }, condition)
}

/** The `topk(n)` or `bottomk(n)` that must come next. */
export function parseTop(cursor: Cursor): Top {
  const { start, token } = { start: cursor.token.start, token: cursor.word }
  if (token !== 'topk' && token !== 'bottomk')
    return cursor.fail(`expected topk or bottomk after a metrics stage, got ${cursor.describe()}`)
  open(cursor)
  const limit = cursor.token
  if (limit.kind !== 'int') return cursor.fail(`expected how many series to keep, got ${cursor.describe()}`)
  cursor.take()
  close(cursor)
  return { kind: token, limit: limit.value, start, end: cursor.lastEnd }
}
