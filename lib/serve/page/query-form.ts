import type {
  Binary,
  ComparisonOperator,
  Field,
  FieldExpression,
  MetricsExpression,
  Pipeline,
  RegexOperator,
  Static,
  StaticType,
} from '../../traceql/language/ast.ts'
import { parse, parseField, parseValue } from '../../traceql/language/parser.ts'
import { printField, printStatic } from '../../traceql/language/print-expression.ts'

export type Operator = ComparisonOperator | RegexOperator

export const operators: readonly Operator[] = ['=', '!=', '>', '>=', '<', '<=', '=~', '!~']

/** `field operator value`, as texts that someone types. */
export interface Condition {
  field: string
  operator: Operator
  value: string
}

/** What all wanted spans meet, as texts that someone types; the empty text is no condition. */
export interface QueryForm {
  service: string
  name: string
  status: string
  minDuration: string
  maxDuration: string
  conditions: readonly Condition[]
  /** What follows the braces, such as `| rate()`. */
  rest: string
}

export const emptyForm: QueryForm = {
  service: '',
  name: '',
  status: '',
  minDuration: '',
  maxDuration: '',
  conditions: [],
  rest: '',
}

/** Parts of the form that are a condition each, on a field, with an operator, and a value of one type. */
const parts: readonly [keyof QueryForm, field: string, Operator, StaticType][] = [
  ['service', 'resource.service.name', '=', 'string'],
  ['name', 'name', '=', 'string'],
  ['status', 'status', '=', 'status'],
  ['minDuration', 'duration', '>=', 'duration'],
  ['maxDuration', 'duration', '<=', 'duration'],
]

/** The query that a form says; what is not complete or has no meaning is left out. */
export function printForm(form: QueryForm): string {
  const named = parts.map(([part, field, operator, type]) => {
    const text = form[part] as string
    return text === '' ? undefined : printCondition(field, operator, type === 'string' ? text : readValue(text, type))
  })
  const others = form.conditions.map(({ field, operator, value }) => {
    const known = fieldOf(field)
    if (known === undefined || value === '') return undefined
    return printCondition(known, operator, isRegex(operator) ? value : (readValue(value) ?? value))
  })
  const all = [...named, ...others].filter(text => text !== undefined)
  return `${all.length === 0 ? '{ }' : `{ ${all.join(' && ')} }`}${form.rest}`
}

/** The form that says the same as a query; undefined where none does. */
export function parseForm(text: string): QueryForm | undefined {
  const filter = firstFilter(text)
  if (filter === undefined) return undefined
  const form = { ...emptyForm, conditions: [] as Condition[], rest: text.slice(filter.end) }
  for (const one of conjunction(filter.condition)) {
    if (!isCondition(one)) return undefined
    const { left, right, operator } = one
    const [part] =
      parts.find(([name, field, wanted, type]) => {
        const isFree = form[name] === '' && right.value !== ''
        return isFree && field === printField(left) && wanted === operator && type === right.type
      }) ?? []
    if (isRegex(operator) && (right.type !== 'string' || right.value === '')) return undefined
    if (part !== undefined) form[part as 'service'] = right.type === 'string' ? right.value : printStatic(right)
    else {
      const value = right.type === 'string' && isRegex(operator) ? right.value : printValue(right)
      form.conditions.push({ field: printField(left), operator, value })
    }
  }
  return form
}

/** Whether a text is a duration of TraceQL. */
export function isDuration(text: string): boolean {
  return readValue(text, 'duration') !== undefined
}

/** The text that someone would type for a value of TraceQL. */
export function typedValue(text: string): string {
  const value = readValue(text)
  return value === undefined ? text : printValue(value)
}

type SimpleCondition = Binary & { left: Field; right: Static; operator: Operator }

function isCondition(expression: FieldExpression): expression is SimpleCondition {
  if (expression.kind !== 'binary' || !operators.includes(expression.operator as Operator)) return false
  const { left, right } = expression
  return (left.kind === 'attribute' || left.kind === 'intrinsic') && right.kind === 'static'
}

function isRegex(operator: string): boolean {
  return operator === '=~' || operator === '!~'
}

/** The filter that a query begins with, where all the rest follows it. */
function firstFilter(text: string) {
  try {
    const query = parse(text)
    const { stages } = query.kind === 'search' ? query.pipeline : pipelineOf(query.expression)
    const [first] = stages
    if (first?.kind !== 'filter' || text.slice(0, first.start).trim() !== '') return undefined
    return hasComment(text.slice(first.start, first.end)) ? undefined : first
  } catch {
    return undefined
  }
}

function pipelineOf(metrics: MetricsExpression): Pick<Pipeline, 'stages'> {
  return metrics.kind === 'metrics-pipeline' ? metrics.pipeline : { stages: [] }
}

/** Whether there is a comment outside of texts: a form would lose it. */
function hasComment(text: string): boolean {
  return /\/[/*]/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/gs, ''))
}

/** The operands of `&&` from left to right; none of `true`. */
function conjunction(condition: FieldExpression): FieldExpression[] {
  const operands: FieldExpression[] = []
  const open = [condition]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === 'binary' && next.operator === '&&') open.push(next.right, next.left)
    else if (next.kind !== 'static' || next.value !== true) operands.push(next)
  }
  return operands
}

/** A name with its scope, or one of any scope, as TraceQL writes it; undefined for what is no name. */
export function fieldOf(text: string): string | undefined {
  for (const one of [text, `.${text}`]) {
    try {
      return printField(parseField(one))
    } catch {}
  }
  return undefined
}

function readValue(text: string, type?: StaticType): Static | undefined {
  try {
    const value = parseValue(text)
    return type === undefined || value.type === type ? value : undefined
  } catch {
    return undefined
  }
}

function printCondition(field: string, operator: Operator, value: Static | string | undefined): string | undefined {
  if (value === undefined) return undefined
  return `${field} ${operator} ${typeof value === 'string' ? quote(value) : value.type === 'string' ? quote(value.value) : printStatic(value)}`
}

/** A value as a condition's text; texts that it would take for something else are in quotes. */
function printValue(value: Static): string {
  if (value.type !== 'string') return printStatic(value)
  return value.value !== '' && readValue(value.value) === undefined ? value.value : quote(value.value)
}

function quote(text: string): string {
  return /["\\\p{Cc}]/u.test(text)
    ? printStatic({ kind: 'static', type: 'string', value: text, start: 0, end: 0 })
    : `"${text}"`
}
