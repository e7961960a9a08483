import type { ColumnName, Condition, Relation, SpanNeed } from '../../model/scan.ts'
import type { Value } from '../../model/trace.ts'
import type { ValueTest } from '../../model/value-test.ts'
import { parseRegex } from '../../regex/parse.ts'
import { textsOf } from '../../regex/regex.ts'
import type { Binary, Field, FieldExpression, Membership, Pipeline, SpansetOperand, Static } from '../language/ast.ts'
import { columnsOfField, fieldsOf, flavourOf, kindNames, statusNames } from '../language/fields.ts'
import { isComparison, membershipTest } from './comparison-test.ts'
import { fieldComparison, isField } from './evaluate.ts'

/** No more alternatives than this are handed on in one need: what has more is wanted whole. */
const maxAlternatives = 64

/** A need that may be missing: then any span may match. */
type MaybeNeed = SpanNeed | undefined

/** What a trace must have to match the pipeline: all of the needs. Conditions are folded. */
export function needsOfPipeline(pipeline: Pipeline): SpanNeed[] {
  return pipeline.stages.flatMap(stage =>
    stage.kind === 'filter' || stage.kind === 'spanset-operation' ? needsOf(stage) : [],
  )
}

function needsOf(node: SpansetOperand): SpanNeed[] {
  if (node.kind === 'pipeline') return needsOfPipeline(node)
  if (node.kind === 'filter') return filterNeeds(node.condition)
  const right = needsOf(node.right)
  if (node.operator.startsWith('!')) return right
  const left = needsOf(node.left)
  return node.operator === '||' ? eitherNeeds(left, right) : [...left, ...right]
}

/** What holds where one of both lists does: each of the one or each of the other. */
function eitherNeeds(left: readonly SpanNeed[], right: readonly SpanNeed[]): SpanNeed[] {
  if (left.length * right.length > 8) return []
  return left.flatMap(a => right.flatMap(b => oneNeed(either(a, b))))
}

function oneNeed(need: MaybeNeed): SpanNeed[] {
  return need === undefined ? [] : [need]
}

function filterNeeds(condition: FieldExpression): SpanNeed[] {
  return [...oneNeed(needOf(condition)), ...rootNeeds(condition)]
}

/** What the root of a trace must be is met by some span of it. */
function rootNeeds(node: FieldExpression): SpanNeed[] {
  if (node.kind !== 'binary') return []
  if (node.operator === '&&') return [...rootNeeds(node.left), ...rootNeeds(node.right)]
  const simple = fieldComparison(node)
  if (simple === undefined || node.operator !== '=' || simple.field.kind !== 'intrinsic') return []
  const { constant, field } = simple
  // A trace without a root has the empty text.
  if (constant.type !== 'string' || constant.value === '') return []
  if (field.name === 'trace:rootName') return [[[equal('span:name', [constant.value])]]]
  return field.name === 'trace:rootService' ? [[[equal('resource.service.name', [constant.value])]]] : []
}

function equal(column: ColumnName, operands: readonly Value[]): Condition {
  return { column, relation: '=', operands }
}

function needOf(node: FieldExpression): MaybeNeed {
  switch (node.kind) {
    case 'static':
      return node.type === 'bool' && node.value ? undefined : []
    case 'membership':
      return isField(node.operand) ? membershipNeed(node, node.operand) : existing(node)
    case 'unary':
      return node.operator === '!' ? undefined : existing(node)
    case 'binary':
      if (node.operator === '&&') return both(needOf(node.left), needOf(node.right))
      if (node.operator === '||') return either(needOf(node.left), needOf(node.right))
      return isComparison(node.operator) ? comparisonNeed(node) : existing(node)
    default:
      return ofField(node, column => equal(column, [true]))
  }
}

function both(a: MaybeNeed, b: MaybeNeed): MaybeNeed {
  if (a === undefined) return b
  if (b === undefined) return a
  if (a.length * b.length > maxAlternatives) return a.length < b.length ? a : b
  return a.flatMap(first => b.map(second => [...first, ...second]))
}

function either(a: MaybeNeed, b: MaybeNeed): MaybeNeed {
  if (a === undefined || b === undefined || a.length + b.length > maxAlternatives) return undefined
  return [...a, ...b]
}

/** One alternative per column of the field; undefined for derived fields, which no column decides. */
function ofField(field: Field, condition: (column: ColumnName) => Condition): MaybeNeed {
  if (field.kind === 'attribute') return columnsOfField(field).map(column => [condition(column)])
  const [column, ...others] = columnsOfField(field)
  return others.length === 0 && column === field.name ? [[condition(column)]] : undefined
}

/** Every field of an operation must have a value; where nil is asked for, any may match. */
function existing(node: FieldExpression): MaybeNeed {
  let need: MaybeNeed
  for (const field of fieldsOf(node))
    need = both(
      need,
      ofField(field, column => ({ column, relation: 'exists', operands: [] })),
    )
  return need
}

function comparisonNeed(node: Binary): MaybeNeed {
  const simple = fieldComparison(node)
  if (simple === undefined) return isNilTest(node) || hasTruth(node) ? undefined : existing(node)
  const { field, constant } = simple
  if (constant.type === 'nil') return nilNeed(node, field)
  const flavour = flavourOf(field)
  const operands = operandsOf(constant, field)
  if (operands === undefined) {
    // An empty array differs from whatever its items might have been.
    return node.operator === '!=' || node.operator === '!~' ? testNeed(field, simple.test()) : []
  }
  const texts = node.operator === '=~' && constant.type === 'string' ? regexTexts(constant.value) : undefined
  if (texts !== undefined && flavour === 'plain') return ofField(field, column => equal(column, texts))
  const relation = relationOf(node)
  if (relation === undefined || (flavour === 'id' && relation !== '=')) return testNeed(field, simple.test())
  return ofField(field, column => ({ column, relation, operands }))
}

/** Whether truths are compared, which exist for spans without the fields as well. */
function hasTruth({ left, right }: Binary): boolean {
  return [left, right].some(
    side =>
      side.kind === 'membership' ||
      (side.kind === 'unary' && side.operator === '!') ||
      (side.kind === 'binary' && (isComparison(side.operator) || side.operator === '&&' || side.operator === '||')),
  )
}

function isNilTest({ left, right }: Binary): boolean {
  return [left, right].some(side => side.kind === 'static' && side.type === 'nil')
}

function nilNeed({ operator }: Binary, field: Field): MaybeNeed {
  if (operator === '=') return undefined
  return operator === '!=' ? existing(field) : []
}

/** The texts that a regex matches, where it is nothing but alternatives. */
function regexTexts(pattern: string): readonly string[] | undefined {
  const texts = textsOf(parseRegex(pattern))
  return texts === undefined ? undefined : [...texts]
}

function testNeed(field: Field, test: ValueTest): MaybeNeed {
  return ofField(field, column => ({ column, relation: 'exists', operands: [], test }))
}

/** The relation with the constant on the right; undefined for one that arrays meet where no item does, and of regexes. */
function relationOf({ operator, left }: Binary): Relation | undefined {
  if (operator === '=') return '='
  const isMirrored = left.kind === 'static'
  switch (operator) {
    case '<':
      return isMirrored ? '>' : '<'
    case '<=':
      return isMirrored ? '>=' : '<='
    case '>':
      return isMirrored ? '<' : '>'
    case '>=':
      return isMirrored ? '<=' : '>='
    default:
      return undefined
  }
}

function membershipNeed(node: Membership, field: Field): MaybeNeed {
  const flavour = flavourOf(field)
  if (node.operator !== 'in') return testNeed(field, membershipTest(node, flavour))
  const operands = node.values.flatMap(value => operandsOf(value, field) ?? [])
  return operands.length === 0 ? [] : ofField(field, column => equal(column, operands))
}

/** The constant as values of the field's columns; undefined where the field is never of that type. */
function operandsOf(constant: Static, field: Field): readonly Value[] | undefined {
  const flavour = flavourOf(field)
  if (flavour === 'status')
    return constant.type === 'status' ? [BigInt(statusNames.indexOf(constant.value))] : undefined
  if (flavour === 'kind') return constant.type === 'kind' ? [BigInt(kindNames.indexOf(constant.value))] : undefined
  if (constant.type === 'status' || constant.type === 'kind') return undefined
  if (flavour === 'id' && constant.type === 'string') return idForms(constant.value, field)
  return [constant.value]
}

/** An id as it may be stored, with and without leading zeros. */
function idForms(id: string, field: Field): string[] {
  const digits = field.kind === 'intrinsic' && field.name.endsWith('traceID') ? 32 : 16
  const whole = field.kind === 'intrinsic' && field.name === 'trace:id' ? 32 : digits
  const stripped = id.replace(/^0+/, '')
  const even = stripped.length % 2 === 0 ? stripped : `0${stripped}`
  return [...new Set([id, even, stripped.padStart(whole, '0')])]
}
