import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { ColumnData, ColumnName, ColumnSet, Condition, SpanBatch, SpanSource } from '../../../../lib/model/scan.ts'
import type { Span, Trace, Value } from '../../../../lib/model/trace.ts'
import { passes } from '../../../../lib/model/value-test.ts'

/**
 * A source that takes every hint at its word: it gives the wanted traces only, a batch each, and of the columns that are
 * read only the rows that are asked for. What the engine forgets to ask for is missing from its answer.
 */
export function strictSource(traces: readonly Trace[]): SpanSource & { tracesGiven: number } {
  const source = {
    tracesGiven: 0,
    ...memorySource(traces),
    async *scan(request: Parameters<SpanSource['scan']>[0]): AsyncIterable<SpanBatch> {
      const { needs, startNanos, endNanos } = request
      const wanted = traces.filter(
        ({ traceId, spans }) =>
          needs.every(need => spans.some(span => need.some(all => all.every(one => meets(one, span, traceId))))) &&
          spans.some(span => startNanos === undefined || span.startNanos >= startNanos) &&
          spans.some(span => endNanos === undefined || span.startNanos < endNanos),
      )
      for (const trace of wanted) {
        source.tracesGiven++
        for await (const batch of memorySource([trace]).scan(request)) yield strictBatch(batch)
      }
    },
  }
  return source
}

function strictBatch(batch: SpanBatch): SpanBatch {
  return {
    ...batch,
    read: async (columns, rows) => {
      const set = await batch.read(columns)
      return rows === undefined ? only(columns, set) : only(columns, set, new Set(rows))
    },
  }
}

function only(columns: readonly ColumnName[], set: ColumnSet, rows?: ReadonlySet<number>): ColumnSet {
  return {
    get: name => {
      if (!columns.includes(name)) throw new Error(`${name} was not read`)
      const data = set.get(name)
      if (rows === undefined || name.startsWith('trace:')) return data
      const spans = name.startsWith('event') ? set.eventSpans : name.startsWith('link') ? set.linkSpans : undefined
      return data.map(one => restricted(one, row => rows.has(spans === undefined ? row : spans[row]!)))
    },
    traceStarts: set.traceStarts,
    eventSpans: set.eventSpans,
    linkSpans: set.linkSpans,
  }
}

function restricted({ type, rows, values }: ColumnData, isIn: (row: number) => boolean): ColumnData {
  const count =
    'codes' in values ? values.codes.length : 'numbers' in values ? values.numbers.length : values.bigints.length
  const kept = Array.from({ length: count }, (_, i) => i).filter(i => isIn(rows === undefined ? i : rows[i]!))
  const own = Uint32Array.from(kept, i => (rows === undefined ? i : rows[i]!))
  if ('codes' in values)
    return { type, rows: own, values: { ...values, codes: Uint32Array.from(kept, i => values.codes[i]!) } }
  if ('numbers' in values)
    return { type, rows: own, values: { ...values, numbers: Float64Array.from(kept, i => values.numbers[i]!) } }
  const bigints = kept.map(i => values.bigints[i]!)
  return {
    type,
    rows: own,
    values: {
      bigints: values.bigints instanceof BigInt64Array ? BigInt64Array.from(bigints) : BigUint64Array.from(bigints),
    },
  }
}

function meets({ column, relation, operands, test }: Condition, span: Span, traceId: string): boolean {
  const values = valuesOf(column, span, traceId)
  if (relation === 'exists') return values.some(value => test === undefined || passes(test, value))
  return values.some(value => operands.some(operand => holds(relation, value, operand)))
}

function holds(relation: string, value: Value, operand: Value): boolean {
  if (Array.isArray(value)) return value.some(item => holds(relation, item, operand))
  const isNumber = (one: Value): one is bigint | number => typeof one === 'bigint' || typeof one === 'number'
  if (typeof value !== typeof operand && !(isNumber(value) && isNumber(operand))) return false
  const [a, b] = [value as number, operand as number]
  if (relation === '=') return a >= b && a <= b
  if (relation === '<') return a < b
  if (relation === '<=') return a <= b
  return relation === '>' ? a > b : a >= b
}

function valuesOf(column: ColumnName, span: Span, traceId: string): readonly Value[] {
  switch (column) {
    case 'trace:id':
      return [traceId]
    case 'span:name':
      return [span.name]
    case 'span:status':
      return [BigInt(span.status?.code ?? 0)]
    case 'span:kind':
      return [BigInt(span.kind)]
    case 'span:duration':
      return [span.endNanos - span.startNanos]
    case 'span:id':
      return [span.spanId]
    case 'span:parentID':
      return [span.parentSpanId]
    case 'span:statusMessage':
      return [span.status?.message ?? '']
    case 'span:traceState':
      return [span.traceState]
    case 'event:name':
      return span.events.map(({ name }) => name)
    case 'link:traceID':
      return span.links.map(({ traceId }) => traceId)
    case 'link:spanID':
      return span.links.map(({ spanId }) => spanId)
    case 'instrumentation:name':
      return [span.scope?.name ?? '']
    case 'instrumentation:version':
      return [span.scope?.version ?? '']
  }
  if (column.includes(':')) throw new Error(`a need of ${column}`)
  const key = column.slice(column.indexOf('.') + 1)
  const owners = {
    span: [span],
    resource: [span.resource],
    instrumentation: [span.scope],
    event: span.events,
    link: span.links,
  }[column.slice(0, column.indexOf('.')) as 'span']
  return owners.flatMap(owner => (owner?.attributes ?? []).filter(one => one.key === key).map(({ value }) => value))
}
