import { isRelated } from '../../model/relation.ts'
import type { Value } from '../../model/trace.ts'
import { traceKey } from '../../model/trace-id.ts'
import { compileRegex } from '../../regex/regex.ts'
import type { BinaryOperator, ComparisonOperator, Membership, RegexOperator, Static } from '../language/ast.ts'
import { type Flavour, kindNames, statusNames } from '../language/fields.ts'

/** Bounds of a range, both included; undefined is unbounded. */
export interface IntRange {
  readonly least: bigint | undefined
  readonly greatest: bigint | undefined
}

/** Bounds of a range, both included. NaN is in none. */
export interface NumberRange {
  readonly least: number
  readonly greatest: number
}

/**
 * A comparison with constants, ready to be tried on values. A value meets it where what holds for its type does: a
 * string where `text` says so, a number where it is in a range; of `negated` tests where it is in none. What is absent
 * holds for no value of that type: types that do not go together never meet.
 */
export interface ValueTest {
  readonly flavour: Flavour
  readonly negated: boolean
  readonly text: ((text: string) => boolean) | undefined
  readonly bool: ((bool: boolean) => boolean) | undefined
  readonly ints: readonly IntRange[] | undefined
  readonly doubles: readonly NumberRange[] | undefined
}

type Comparison = ComparisonOperator | RegexOperator

export function isComparison(operator: BinaryOperator): operator is Comparison {
  return /^([<>]=?|!?=|=~|!~)$/.test(operator)
}

/** The test of a field of this flavour against a constant on its right side. Nothing meets one with nil. */
export function comparisonTest(operator: Comparison, operand: Static, flavour: Flavour): ValueTest {
  const negated = operator === '!=' || operator === '!~'
  const met = anyTest(operator === '!=' ? '=' : operator === '!~' ? '=~' : operator, [operand], flavour)
  return { ...met, negated }
}

/** The test of a field of this flavour against a list. */
export function membershipTest({ operator, values }: Membership, flavour: Flavour): ValueTest {
  const isRegex = operator === 'match any' || operator === 'match none'
  const negated = operator === 'not in' || operator === 'match none'
  return { ...anyTest(isRegex ? '=~' : '=', values, flavour), negated }
}

function anyTest(operator: Comparison, operands: readonly Static[], flavour: Flavour): ValueTest {
  const texts: ((text: string) => boolean)[] = []
  const bools: boolean[] = []
  const ints: IntRange[] = []
  const doubles: NumberRange[] = []
  for (const operand of operands) {
    if (operand.type === 'string') texts.push(textTest(operator, operand.value, flavour))
    else if (operand.type === 'bool') bools.push(operand.value)
    else {
      const number = numberOperand(operand, flavour)
      if (number === undefined) continue
      ints.push(...intRanges(operator, number))
      doubles.push(...doubleRanges(operator, number))
    }
  }
  const hasNumbers = operands.some(operand => numberOperand(operand, flavour) !== undefined)
  return {
    flavour,
    negated: false,
    text: texts.length === 0 ? undefined : text => texts.some(test => test(text)),
    bool: bools.length === 0 ? undefined : bool => bools.some(other => isRelated(bool, operator, other)),
    ints: hasNumbers ? ints : undefined,
    doubles: hasNumbers ? doubles : undefined,
  }
}

/** The number with which numbers of the flavour compare; undefined where none does. */
function numberOperand(operand: Static, flavour: Flavour): bigint | number | undefined {
  if (flavour === 'status') return operand.type === 'status' ? BigInt(statusNames.indexOf(operand.value)) : undefined
  if (flavour === 'kind') return operand.type === 'kind' ? BigInt(kindNames.indexOf(operand.value)) : undefined
  return operand.type === 'int' || operand.type === 'float' || operand.type === 'duration' ? operand.value : undefined
}

function textTest(operator: Comparison, operand: string, flavour: Flavour): (text: string) => boolean {
  if (operator === '=~') return compileRegex(operand)
  if (flavour === 'id') {
    const stripped = traceKey(operand)
    return text => isRelated(traceKey(text), operator, stripped)
  }
  return text => isRelated(text, operator, operand)
}

/** What ints are in the relation. A fraction lies between two of them. */
function intRanges(operator: Comparison, operand: bigint | number): IntRange[] {
  if (typeof operand === 'number' && !Number.isFinite(operand)) return infiniteRanges(operator, operand)
  const floor = BigInt(Math.floor(Number(operand)))
  const isWhole = typeof operand === 'bigint' || Number.isInteger(operand)
  const low = typeof operand === 'bigint' ? operand : floor
  const high = isWhole ? low : low + 1n
  switch (operator) {
    case '=':
      return isWhole ? [{ least: low, greatest: low }] : []
    case '<':
      return [{ least: undefined, greatest: high - 1n }]
    case '<=':
      return [{ least: undefined, greatest: low }]
    case '>':
      return [{ least: low + 1n, greatest: undefined }]
    case '>=':
      return [{ least: high, greatest: undefined }]
    default:
      return []
  }
}

function infiniteRanges(operator: Comparison, operand: number): IntRange[] {
  const holds = isRelated(0, operator, operand)
  return holds ? [{ least: undefined, greatest: undefined }] : []
}

/** What doubles are in the relation. An int beyond 2^53 may lie between two of them. */
function doubleRanges(operator: Comparison, operand: bigint | number): NumberRange[] {
  const nearest = Number(operand)
  const low = isRelated(nearest, '<=', operand) ? nearest : nextDown(nearest)
  const high = isRelated(nearest, '>=', operand) ? nearest : -nextDown(-nearest)
  switch (operator) {
    case '=':
      return low === high ? [{ least: low, greatest: high }] : []
    case '<':
      return [{ least: -Infinity, greatest: nextDown(high) }]
    case '<=':
      return [{ least: -Infinity, greatest: low }]
    case '>':
      return [{ least: -nextDown(-low), greatest: Infinity }]
    case '>=':
      return [{ least: high, greatest: Infinity }]
    default:
      return []
  }
}

const doubles = new Float64Array(1)
const bits = new BigInt64Array(doubles.buffer)

/** The greatest double below; NaN below the least. */
function nextDown(double: number): number {
  if (double === -Infinity) return Number.NaN
  if (double === 0) return -Number.MIN_VALUE
  doubles[0] = double
  bits[0]! += double > 0 ? -1n : 1n
  return doubles[0]
}

/** Whether a value meets the test; an array where an item does, of a negated test where none meets what is negated. */
export function meets(test: ValueTest, value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return test.text !== undefined && test.text(value) !== test.negated
    case 'boolean':
      return test.bool !== undefined && test.bool(value) !== test.negated
    case 'bigint':
      return test.ints !== undefined && inRanges(test.ints, value) !== test.negated
    case 'number':
      return test.doubles !== undefined && inNumberRanges(test.doubles, value) !== test.negated
    default:
      return Array.isArray(value) && arrayMeets(test, value)
  }
}

function arrayMeets(test: ValueTest, items: readonly Value[]): boolean {
  if (!test.negated) return items.some(item => meets(test, item))
  return items.every(item => meets(test, item))
}

function inRanges(ranges: readonly IntRange[], value: bigint): boolean {
  return ranges.some(
    ({ least, greatest }) => (least === undefined || value >= least) && (greatest === undefined || value <= greatest),
  )
}

function inNumberRanges(ranges: readonly NumberRange[], value: number): boolean {
  return ranges.some(({ least, greatest }) => value >= least && value <= greatest)
}
