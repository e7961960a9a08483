import { mirroredRelations } from '../../../../lib/model/relation.ts'
import { isComparison } from '../../../../lib/traceql/engine/comparison-test.ts'
import type { Binary, Field, FieldExpression, Membership, Static } from '../../../../lib/traceql/language/ast.ts'
import { printExpression } from '../../../../lib/traceql/language/print-expression.ts'
import { type Place, placesOf, type SqlType } from './fields.ts'
import { quote, refuse, type SpanTable } from './table.ts'

/** A condition on a row of `spans`, true or not; null is not. */
export function conditionOf(node: FieldExpression, table: SpanTable): string {
  switch (node.kind) {
    case 'static':
      return String(node.value === true)
    case 'unary':
      if (node.operator === '!' && isTruth(node.operand))
        return `NOT coalesce(${conditionOf(node.operand, table)}, false)`
      return refuse(printExpression(node))
    case 'binary':
      return binary(node, table)
    case 'membership':
      return membership(node, table)
    default:
      return comparison('=', node, truth(node), table)
  }
}

function truth({ start, end }: Field): Static {
  return { kind: 'static', type: 'bool', value: true, start, end }
}

/** Whether it is always true or false: `!` of a missing value is neither, and no match. */
function isTruth(node: FieldExpression): boolean {
  if (node.kind === 'static') return node.type === 'bool'
  if (node.kind === 'unary') return node.operator === '!' && isTruth(node.operand)
  if (node.kind === 'membership') return true
  if (node.kind !== 'binary') return false
  return isComparison(node.operator) || (isLogical(node) && isTruth(node.left) && isTruth(node.right))
}

function isLogical({ operator }: Binary): boolean {
  return operator === '&&' || operator === '||'
}

function binary(node: Binary, table: SpanTable): string {
  const { operator, left, right } = node
  if (isLogical(node)) {
    if (!isTruth(left) || !isTruth(right)) refuse(printExpression(node))
    return `(${conditionOf(left, table)} ${operator === '&&' ? 'AND' : 'OR'} ${conditionOf(right, table)})`
  }
  if (isField(left) && right.kind === 'static') return comparison(operator, left, right, table)
  if (left.kind === 'static' && isField(right) && operator in mirroredRelations)
    return comparison(mirroredRelations[operator as keyof typeof mirroredRelations], right, left, table)
  return refuse(printExpression(node))
}

function isField(node: FieldExpression): node is Field {
  return node.kind === 'attribute' || node.kind === 'intrinsic'
}

function membership({ operator, operand, values }: Membership, table: SpanTable): string {
  if (!isField(operand)) return refuse(printExpression(operand))
  const relation = { in: '=', 'not in': '!=', 'match any': '=~', 'match none': '!~' }[operator]
  const isNegated = operator === 'not in' || operator === 'match none'
  const tests = values.map(value => comparison(relation, operand, value, table))
  return `(${tests.join(isNegated ? ' AND ' : ' OR ') || String(isNegated)})`
}

/** Nothing is in a relation with a value that is missing, or of another type. */
function comparison(operator: string, field: Field, operand: Static, table: SpanTable): string {
  const groups = placesOf(field, table)
  if (operand.type === 'nil')
    return presence(
      operator,
      field,
      groups.flatMap(({ places }) => places),
    )
  const tests = groups.flatMap(({ unless, places }) =>
    places.flatMap(place => {
      const test = testOf(operator, place, operand)
      return test === undefined ? [] : [unless === undefined ? test : `(${unless} AND ${test})`]
    }),
  )
  if (tests.length === 0) return 'false'
  return tests.length === 1 ? tests[0]! : `(${tests.join(' OR ')})`
}

function presence(operator: string, field: Field, places: readonly Place[]): string {
  if (operator !== '=' && operator !== '!=') return 'false'
  if (field.kind === 'intrinsic')
    return field.name === 'span:name' ? String(operator === '!=') : refuse(`${field.name} ${operator} nil`)
  const test = operator === '=' ? 'IS NULL' : 'IS NOT NULL'
  return `(${places.map(({ sql }) => `${sql} ${test}`).join(operator === '=' ? ' AND ' : ' OR ')})`
}

/** Undefined where values of the type are in no relation with the operand. */
function testOf(operator: string, { sql, type }: Place, operand: Static): string | undefined {
  const literal = literalOf(type, operand)
  if (literal === undefined) return undefined
  if (operator === '=~' || operator === '!~')
    return operand.type !== 'string' || type !== 'string'
      ? undefined
      : `${operator === '!~' ? 'NOT ' : ''}regexp_full_match(${sql}, ${literal}, 's')`
  const isOrdered = operator !== '=' && operator !== '!='
  if (isOrdered && !isNumeric(type)) return refuse(`${operator} of texts and keywords`)
  const test = `${sql} ${operator === '!=' ? '<>' : operator} ${literal}`
  return isOrdered && type === 'double' ? `(${test} AND NOT isnan(${sql}))` : test
}

function isNumeric(type: SqlType): boolean {
  return type === 'int' || type === 'double' || type === 'duration'
}

function literalOf(type: SqlType, operand: Static): string | undefined {
  switch (operand.type) {
    case 'string':
      return type === 'string' ? quote(operand.value) : undefined
    case 'bool':
      return type === 'bool' ? String(operand.value) : undefined
    case 'status':
    case 'kind':
      return type === operand.type ? quote(operand.value) : undefined
    case 'nil':
      return undefined
    default:
      return isNumeric(type) ? numberLiteral(type, operand.value) : undefined
  }
}

/** Of an int that no double is, and of a fraction beside ints, comparisons would be rounded. */
function numberLiteral(type: SqlType, value: bigint | number): string {
  if (type === 'double') {
    if (BigInt(Math.trunc(Number(value))) !== BigInt(typeof value === 'bigint' ? value : Math.trunc(value)))
      refuse(`a comparison of doubles with ${value}`)
    return `${Number(value)}::DOUBLE`
  }
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return `${value}::BIGINT`
  return `${value}::DOUBLE`
}
