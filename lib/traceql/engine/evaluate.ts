import { LabError } from '../../error.ts'
import { mirroredRelations } from '../../model/relation.ts'
import type { ValueTest } from '../../model/value-test.ts'
import type { Binary, Field, FieldExpression, Static } from '../language/ast.ts'
import { flavourOf } from '../language/fields.ts'
import { arithmetic, negative } from './arithmetic.ts'
import { compareVectors } from './compare-cells.ts'
import { comparisonTest, isComparison, membershipTest } from './comparison-test.ts'
import { matchField } from './match.ts'
import { constantVector, emptyVector, fieldVector, type Pool, Tag, type Vector } from './vector.ts'
import type { View } from './view.ts'

/**
 * By span whether a condition holds. Where `valid` is 0 it has no truth: an operand of it was no bool. Comparisons
 * always have one.
 */
interface Truth {
  readonly mask: Uint8Array
  readonly valid: Uint8Array | undefined
}

/** 1 for the spans for which the condition holds. Conditions are folded: no operation is left on constants alone. */
export function holds(condition: FieldExpression, view: View, pool: Pool): Uint8Array {
  return truth(condition, view, pool).mask
}

function truth(node: FieldExpression, view: View, pool: Pool): Truth {
  switch (node.kind) {
    case 'static':
      return constantTruth(node, view)
    case 'membership':
      return { mask: membership(node, view), valid: undefined }
    case 'binary':
      if (node.operator === '&&' || node.operator === '||') return logical(node, view, pool)
      if (isComparison(node.operator)) return { mask: comparison(node, view, pool), valid: undefined }
      return boolsOf(vectorOf(node, view, pool), pool)
    case 'unary':
      if (node.operator === '!') return negation(truth(node.operand, view, pool))
      return boolsOf(vectorOf(node, view, pool), pool)
    default:
      return boolsOf(vectorOf(node, view, pool), pool)
  }
}

function constantTruth(node: Static, { spanCount }: View): Truth {
  const mask = new Uint8Array(spanCount)
  if (node.type !== 'bool') return { mask, valid: new Uint8Array(spanCount) }
  return { mask: node.value ? mask.fill(1) : mask, valid: undefined }
}

function logical({ operator, left, right }: Binary, view: View, pool: Pool): Truth {
  const a = truth(left, view, pool)
  const b = truth(right, view, pool)
  const mask = operator === '&&' ? both(a.mask, b.mask) : either(a.mask, b.mask)
  const valid = a.valid === undefined ? b.valid : b.valid === undefined ? a.valid : both(a.valid, b.valid)
  return { mask: valid === undefined ? mask : both(mask, valid), valid }
}

function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! & b[i]!
  return result
}

function either(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! | b[i]!
  return result
}

function complement(a: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! ^ 1
  return result
}

function negation({ mask, valid }: Truth): Truth {
  const negated = complement(mask)
  return { mask: valid === undefined ? negated : both(negated, valid), valid }
}

/** Bools as truths; of several events one that is true suffices. */
function boolsOf({ tags, numbers }: Vector, pool: Pool): Truth {
  const mask = new Uint8Array(tags.length)
  const valid = new Uint8Array(tags.length)
  for (let row = 0; row < tags.length; row++) {
    if (tags[row] === Tag.bool) {
      valid[row] = 1
      mask[row] = numbers[row]!
    } else if (tags[row] === Tag.several) {
      const bools = pool.cells(numbers[row]!).filter(({ tag }) => tag === Tag.bool)
      valid[row] = bools.length > 0 ? 1 : 0
      mask[row] = bools.some(({ number }) => number === 1) ? 1 : 0
    }
  }
  return { mask, valid }
}

function membership(node: Extract<FieldExpression, { kind: 'membership' }>, view: View): Uint8Array {
  const { operand } = node
  if (!isField(operand))
    throw new LabError('unsupported', `TraceQL: byte ${operand.start}: IN needs a field on its left`)
  const test = testOf.get(node) ?? membershipTest(node, flavourOf(operand))
  testOf.set(node, test)
  return matchField(view, operand, test)
}

export function isField(node: FieldExpression): node is Field {
  return node.kind === 'attribute' || node.kind === 'intrinsic'
}

/** A field against a constant, its test for a flavour, and whether nil is what it is compared with. */
interface FieldComparison {
  readonly field: Field
  readonly constant: Static
  test(): ValueTest
}

/** The comparison of one field with one constant, whichever comes first; else undefined. */
export function fieldComparison({ operator, left, right }: Binary): FieldComparison | undefined {
  if (!isComparison(operator)) return undefined
  if (isField(left) && right.kind === 'static')
    return { field: left, constant: right, test: () => comparisonTest(operator, right, flavourOf(left)) }
  if (left.kind === 'static' && isField(right) && operator !== '=~' && operator !== '!~')
    return {
      field: right,
      constant: left,
      test: () => comparisonTest(mirroredRelations[operator], left, flavourOf(right)),
    }
  return undefined
}

/** Tests are made once a query, not once a batch. */
const testOf = new WeakMap<FieldExpression, ValueTest>()

function comparison(node: Binary, view: View, pool: Pool): Uint8Array {
  const simple = fieldComparison(node)
  if (simple !== undefined) {
    if (simple.constant.type === 'nil') return existence(node, simple.field, view)
    const test = testOf.get(node) ?? simple.test()
    testOf.set(node, test)
    return matchField(view, simple.field, test)
  }
  if (isNil(node.left) || isNil(node.right)) {
    if (isNil(node.left) && isNil(node.right)) return new Uint8Array(view.spanCount)
    return valueExistence(node, vectorOf(isNil(node.left) ? node.right : node.left, view, pool))
  }
  return compareVectors(node, vectorOf(node.left, view, pool), vectorOf(node.right, view, pool), pool)
}

function isNil(node: FieldExpression): boolean {
  return node.kind === 'static' && node.type === 'nil'
}

function existence({ operator }: Binary, field: Field, view: View): Uint8Array {
  if (operator === '!=') return view.presence(field)
  return operator === '=' ? view.absence(field) : new Uint8Array(view.spanCount)
}

function valueExistence({ operator }: Binary, { tags }: Vector): Uint8Array {
  const present = tags.map(tag => (tag === Tag.nil ? 0 : 1))
  if (operator === '!=') return present
  return operator === '=' ? complement(present) : new Uint8Array(present.length)
}

/** The value of an expression by span. */
export function vectorOf(node: FieldExpression, view: View, pool: Pool): Vector {
  switch (node.kind) {
    case 'static':
      return constantVector(view.spanCount, node, pool)
    case 'attribute':
    case 'intrinsic':
      return fieldVector(view, node, pool)
    case 'unary':
      if (node.operator === '-') return negative(vectorOf(node.operand, view, pool), pool)
      return truthVector(truth(node, view, pool))
    case 'membership':
      return truthVector(truth(node, view, pool))
    case 'binary':
      if (isArithmetic(node.operator)) {
        const left = vectorOf(node.left, view, pool)
        return arithmetic(node.operator, left, vectorOf(node.right, view, pool), pool)
      }
      return truthVector(truth(node, view, pool))
  }
}

function isArithmetic(operator: Binary['operator']): operator is '+' | '-' | '*' | '/' | '%' | '^' {
  return '+-*/%^'.includes(operator)
}

function truthVector({ mask, valid }: Truth): Vector {
  const result = emptyVector(mask.length)
  for (let row = 0; row < mask.length; row++) {
    if (valid?.[row] === 0) continue
    result.tags[row] = Tag.bool
    result.numbers[row] = mask[row]!
  }
  return result
}
