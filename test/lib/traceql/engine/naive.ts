import { serviceIn } from '../../../../lib/model/service.ts'
import type { Span, Trace, Value } from '../../../../lib/model/trace.ts'
import type {
  Binary,
  Field,
  FieldExpression,
  Membership,
  Pipeline,
  SpansetOperand,
  Stage,
  Static,
} from '../../../../lib/traceql/language/ast.ts'
import { kindNames, statusNames } from '../../../../lib/traceql/language/fields.ts'

/**
 * Searches as one would write them first: a span at a time, on objects, without columns. It knows the part of TraceQL
 * that queries.ts draws, and is what the engine is held against.
 */

/** A value with the type under which it compares. */
interface Typed {
  type: 'number' | 'string' | 'bool' | 'status' | 'kind' | 'array'
  value: Value | readonly Typed[]
}

/** A span within its trace. */
interface Place {
  span: Span
  trace: Trace
}

/** The spans that each trace has in its spansets, as a set of objects. */
export function naiveSearch(traces: readonly Trace[], pipeline: Pipeline): Set<Span>[] {
  return traces.map(trace => {
    let sets = [trace.spans]
    for (const stage of pipeline.stages)
      sets = sets.flatMap(set => runStage(stage, set, trace)).filter(set => set.length > 0)
    return new Set(sets.flat())
  })
}

function runStage(stage: Stage, spans: readonly Span[], trace: Trace): (readonly Span[])[] {
  switch (stage.kind) {
    case 'filter':
    case 'spanset-operation':
      return [operand(stage, spans, trace)]
    case 'by': {
      const groups = new Map<string, Span[]>()
      for (const span of spans) {
        const key = JSON.stringify(first(stage.expression, { span, trace }), (_, value) =>
          typeof value === 'bigint' ? `${value}n` : value,
        )
        groups.set(key, [...(groups.get(key) ?? []), span])
      }
      return [...groups.values()]
    }
    case 'scalar-filter': {
      const [aggregate, constant] = stage.left.kind === 'static' ? [stage.right, stage.left] : [stage.left, stage.right]
      if (aggregate.kind !== 'aggregate' || constant.kind !== 'static') throw new Error('not drawn')
      const { name, argument } = aggregate
      const numbers = spans.flatMap(span => {
        const values = argument === undefined ? [{ type: 'number', value: 1 }] : all(argument, { span, trace })
        const one = isOfChildren(argument) ? values.find(({ type }) => type === 'number') : values[0]
        return one?.type === 'number' ? [Number(one.value)] : []
      })
      if (numbers.length === 0) return []
      const sum = numbers.reduce((a, b) => a + b)
      const result = {
        count: spans.length,
        sum,
        avg: sum / numbers.length,
        min: Math.min(...numbers),
        max: Math.max(...numbers),
      }
      const sides = aggregate === stage.left ? [result[name], constant.value] : [constant.value, result[name]]
      return relation(stage.operator, sides[0], sides[1]) ? [spans] : []
    }
    default:
      return [spans]
  }
}

function operand(node: SpansetOperand, spans: readonly Span[], trace: Trace): readonly Span[] {
  if (node.kind === 'filter') return spans.filter(span => truth(node.condition, { span, trace }) === true)
  if (node.kind === 'pipeline') {
    let sets = [spans]
    for (const stage of node.stages)
      sets = sets.flatMap(set => runStage(stage, set, trace)).filter(set => set.length > 0)
    return sets.flat()
  }
  const left = operand(node.left, spans, trace)
  const right = operand(node.right, spans, trace)
  if (node.operator === '||') return trace.spans.filter(span => left.includes(span) || right.includes(span))
  if (node.operator === '&&') {
    if (left.length === 0 || right.length === 0) return []
    return trace.spans.filter(span => left.includes(span) || right.includes(span))
  }
  const relationship = node.operator.replace(/^[!&]/, '')
  const isRelated = (a: Span, b: Span): boolean => related(relationship, a, b, trace)
  if (node.operator.startsWith('!')) return right.filter(b => !left.some(a => isRelated(a, b)))
  const matched = right.filter(b => left.some(a => isRelated(a, b)))
  if (!node.operator.startsWith('&')) return matched
  const others = left.filter(a => right.some(b => isRelated(a, b)))
  return trace.spans.filter(span => matched.includes(span) || others.includes(span))
}

function parentOf(span: Span, trace: Trace): Span | undefined {
  const parent = span.parentSpanId === '' ? undefined : trace.spans.find(other => other.spanId === span.parentSpanId)
  return parent === span ? undefined : parent
}

function isAncestor(a: Span, b: Span, trace: Trace): boolean {
  const seen = new Set<Span>()
  for (let at = parentOf(b, trace); at !== undefined && !seen.has(at); at = parentOf(at, trace)) {
    if (at === a) return a !== b
    seen.add(at)
  }
  return false
}

function related(relationship: string, a: Span, b: Span, trace: Trace): boolean {
  switch (relationship) {
    case '>':
      return parentOf(b, trace) === a
    case '<':
      return parentOf(a, trace) === b
    case '>>':
      return isAncestor(a, b, trace)
    case '<<':
      return isAncestor(b, a, trace)
    default:
      return a !== b && parentOf(a, trace) !== undefined && parentOf(a, trace) === parentOf(b, trace)
  }
}

function isOfChildren(node: FieldExpression | undefined): boolean {
  return node?.kind === 'attribute' && (node.scope === 'event' || node.scope === 'link')
}

/** Undefined where an operand of a logical operator is no bool. */
function truth(node: FieldExpression, place: Place): boolean | undefined {
  if (node.kind === 'unary' && node.operator === '!') {
    const operand = truth(node.operand, place)
    return operand === undefined ? undefined : !operand
  }
  if (node.kind === 'binary' && (node.operator === '&&' || node.operator === '||')) {
    const left = truth(node.left, place)
    const right = truth(node.right, place)
    if (left === undefined || right === undefined) return undefined
    return node.operator === '&&' ? left && right : left || right
  }
  if (node.kind === 'binary' && !'+-*/%^'.includes(node.operator)) return compare(node, place)
  if (node.kind === 'membership') return isMember(node, place)
  const bools = all(node, place).filter(({ type }) => type === 'bool')
  return bools.length === 0 ? undefined : bools.some(({ value }) => value === true)
}

function isMember({ operator, operand: field, values }: Membership, place: Place): boolean {
  const isNegated = operator === 'not in' || operator === 'match none'
  const relation = operator.startsWith('match') ? (isNegated ? '!~' : '=~') : isNegated ? '!=' : '='
  const test = (a: Typed) => (b: Static) => compareTyped(relation, a, typedStatic(b))
  return all(field, place).some(a => (isNegated ? values.every(test(a)) : values.some(test(a))))
}

function compare(node: Binary, place: Place): boolean {
  const { operator, left, right } = node
  if (right.kind === 'static' && right.type === 'nil') return existence(node, place)
  return all(left, place).some(a => all(right, place).some(b => compareTyped(operator, a, b)))
}

function existence({ operator, left }: Binary, place: Place): boolean {
  if (left.kind !== 'attribute' || (left.scope !== 'event' && left.scope !== 'link'))
    return all(left, place).length > 0 === (operator === '!=')
  const children = left.scope === 'event' ? place.span.events : place.span.links
  return children.some(({ attributes }) => attributes.some(({ key }) => key === left.name) === (operator === '!='))
}

function compareTyped(operator: string, a: Typed, b: Typed): boolean {
  if (a.type === 'array') return overItems(operator, a, item => compareTyped(operator, item, b))
  if (b.type === 'array') return overItems(operator, b, item => compareTyped(operator, a, item))
  if (a.type !== b.type) return false
  if (operator === '=~' || operator === '!~')
    return new RegExp(`^(?:${b.value})$`).test(a.value as string) === (operator === '=~')
  return relation(operator, a.value, b.value)
}

function overItems(operator: string, { value }: Typed, holds: (item: Typed) => boolean): boolean {
  const items = value as readonly Typed[]
  return operator === '!=' || operator === '!~' ? items.every(holds) : items.some(holds)
}

function relation(operator: string, a: unknown, b: unknown): boolean {
  const [x, y] = [a as number, b as number]
  switch (operator) {
    case '=':
      return x >= y && x <= y
    case '!=':
      return !(x >= y && x <= y)
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '>':
      return x > y
    default:
      return x >= y
  }
}

/** The value of an expression: of several the first; undefined where there is none. */
export function first(node: FieldExpression, place: Place): Typed | undefined {
  return all(node, place)[0]
}

/** The values of an expression: of events and links all, else one or none. */
function all(node: FieldExpression, place: Place): Typed[] {
  switch (node.kind) {
    case 'static':
      return [typedStatic(node)]
    case 'attribute':
    case 'intrinsic':
      return fieldValues(node, place)
    case 'binary': {
      const numbers = (side: FieldExpression) =>
        all(side, place).flatMap(({ type, value }) => (type === 'number' ? [value as number | bigint] : []))
      return numbers(node.left).flatMap(a => numbers(node.right).flatMap(b => computed(node.operator, a, b)))
    }
    case 'unary':
      if (node.operator === '!') throw new Error('not drawn')
      return all(node.operand, place).flatMap(({ type, value }) =>
        type === 'number' ? computed('-', 0n, value as number | bigint) : [],
      )
    default:
      throw new Error('not drawn')
  }
}

/** Of two ints an int, whose quotient is cut towards zero; nothing where it is not a number or divides by zero. */
function computed(operator: string, a: number | bigint, b: number | bigint): Typed[] {
  const isWhole = typeof a === 'bigint' && typeof b === 'bigint'
  const [x, y] = [Number(a), Number(b)]
  if ((operator === '/' || operator === '%') && y === 0) return []
  const results: Record<string, number> = { '+': x + y, '-': x - y, '*': x * y, '/': x / y, '%': x % y, '^': x ** y }
  const result = isWhole ? Math.trunc(results[operator]!) : results[operator]!
  if (Number.isNaN(result)) return []
  return [{ type: 'number', value: isWhole && Number.isSafeInteger(result) ? BigInt(result) : result }]
}

function typedStatic({ type, value }: Static): Typed {
  if (type === 'status' || type === 'kind') return { type, value }
  return typed(value)[0]!
}

function typed(value: Value): Typed[] {
  if (typeof value === 'string') return [{ type: 'string', value }]
  if (typeof value === 'boolean') return [{ type: 'bool', value }]
  if (typeof value === 'number' || typeof value === 'bigint') return [{ type: 'number', value }]
  if (Array.isArray(value)) return [{ type: 'array', value: value.flatMap(typed) }]
  return []
}

function fieldValues(field: Field, place: Place): Typed[] {
  if (field.kind === 'intrinsic') return [intrinsicValue(field.name, place)]
  const { span } = place
  const named = (attributes: readonly { key: string; value: Value }[]): Typed[] =>
    attributes.filter(({ key }) => key === field.name).flatMap(({ value }) => typed(value))
  switch (field.scope) {
    case 'span':
      return named(span.attributes)
    case 'resource':
      return named(span.resource?.attributes ?? [])
    case 'instrumentation':
      return named(span.scope?.attributes ?? [])
    case 'event':
      return span.events.flatMap(event => named(event.attributes))
    case 'link':
      return span.links.flatMap(link => named(link.attributes))
    default: {
      const own = named(span.attributes)
      return own.length > 0 ? own : named(span.resource?.attributes ?? [])
    }
  }
}

function intrinsicValue(name: string, { span, trace }: Place): Typed {
  const roots = trace.spans.filter(other => other.parentSpanId === '')
  switch (name) {
    case 'span:name':
      return { type: 'string', value: span.name }
    case 'span:statusMessage':
      return { type: 'string', value: span.status?.message ?? '' }
    case 'span:parentID':
      return { type: 'string', value: span.parentSpanId }
    case 'trace:rootService':
      return { type: 'string', value: (roots.length > 0 && serviceIn(roots.at(-1)!.resource?.attributes ?? [])) || '' }
    case 'span:status':
      return { type: 'status', value: statusNames[span.status?.code ?? 0]! }
    case 'span:kind':
      return { type: 'kind', value: kindNames[span.kind]! }
    case 'span:duration':
      return { type: 'number', value: span.endNanos - span.startNanos }
    case 'span:childCount':
      return { type: 'number', value: trace.spans.filter(other => parentOf(other, trace) === span).length }
    case 'trace:rootName':
      return { type: 'string', value: roots.at(-1)?.name ?? '' }
    case 'trace:duration': {
      const start = trace.spans.reduce((a, b) => (b.startNanos < a ? b.startNanos : a), span.startNanos)
      const end = trace.spans.reduce((a, b) => (b.endNanos > a ? b.endNanos : a), span.endNanos)
      return { type: 'number', value: end - start }
    }
    default:
      throw new Error(`not drawn: ${name}`)
  }
}
