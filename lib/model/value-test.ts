import { getOrInsert } from '../maps.ts'
import { compileRegex } from '../regex/regex.ts'
import { isRelated } from './relation.ts'
import type { Value } from './trace.ts'
import { traceKey } from './trace-id.ts'

/**
 * A comparison of a value with constants: pure data, so that it can cross processes. A value meets it where it is so
 * related to one of the operands; of a negated one where it is to none, but only values that could be: a negated test
 * of strings is never met by a number. An array meets it where an item does, a negated one where every item does.
 */
export interface ValueTest {
  /** `=~` is a regex of RE2 that matches the whole string. */
  readonly relation: '=' | '<' | '<=' | '>' | '>=' | '=~'
  readonly operands: readonly (string | boolean | bigint | number)[]
  readonly isNegated: boolean
  /** Whether strings are hex ids, which are compared as numbers: leading zeros do not count. */
  readonly comparesIds: boolean
}

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
 * A test ready to be tried: a string meets it where `text` says so, a number where it is in a range; of negated tests
 * where it is in none. What is absent holds for no value of that type.
 */
export interface CompiledTest {
  readonly isNegated: boolean
  readonly text: ((text: string) => boolean) | undefined
  readonly bool: ((bool: boolean) => boolean) | undefined
  readonly ints: readonly IntRange[] | undefined
  readonly doubles: readonly NumberRange[] | undefined
}

const compiledTests = new WeakMap<ValueTest, CompiledTest>()

/** The test ready to be tried, made once for each test. */
export function compiledTest(test: ValueTest): CompiledTest {
  return getOrInsert(compiledTests, test, compile)
}

/** Whether a value meets the test. */
export function passes(test: ValueTest, value: Value): boolean {
  return meets(compiledTest(test), value)
}

function compile({ relation, operands, isNegated, comparesIds }: ValueTest): CompiledTest {
  const texts: ((text: string) => boolean)[] = []
  const bools: boolean[] = []
  const ints: IntRange[] = []
  const doubles: NumberRange[] = []
  let hasNumbers = false
  for (const operand of operands) {
    if (typeof operand === 'string') texts.push(textTest(relation, operand, comparesIds))
    else if (typeof operand === 'boolean') bools.push(operand)
    else {
      hasNumbers = true
      ints.push(...intRanges(relation, operand))
      doubles.push(...doubleRanges(relation, operand))
    }
  }
  return {
    isNegated,
    text: texts.length === 0 ? undefined : text => texts.some(test => test(text)),
    bool: bools.length === 0 ? undefined : bool => bools.some(other => isRelated(bool, relation, other)),
    ints: hasNumbers ? ints : undefined,
    doubles: hasNumbers ? doubles : undefined,
  }
}

type Relation = ValueTest['relation']

function textTest(relation: Relation, operand: string, comparesIds: boolean): (text: string) => boolean {
  if (relation === '=~') return compileRegex(operand)
  if (comparesIds) {
    const key = traceKey(operand)
    return text => isRelated(traceKey(text), relation, key)
  }
  return text => isRelated(text, relation, operand)
}

/** What ints are in the relation. A fraction lies between two of them. */
function intRanges(relation: Relation, operand: bigint | number): IntRange[] {
  if (typeof operand === 'number' && !Number.isFinite(operand)) return infiniteRanges(relation, operand)
  const floor = BigInt(Math.floor(Number(operand)))
  const isWhole = typeof operand === 'bigint' || Number.isInteger(operand)
  const low = typeof operand === 'bigint' ? operand : floor
  const high = isWhole ? low : low + 1n
  switch (relation) {
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

function infiniteRanges(relation: Relation, operand: number): IntRange[] {
  const holds = isRelated(0, relation, operand)
  return holds ? [{ least: undefined, greatest: undefined }] : []
}

/** What doubles are in the relation. An int beyond 2^53 may lie between two of them. */
function doubleRanges(relation: Relation, operand: bigint | number): NumberRange[] {
  const nearest = Number(operand)
  const low = isRelated(nearest, '<=', operand) ? nearest : nextDown(nearest)
  const high = isRelated(nearest, '>=', operand) ? nearest : -nextDown(-nearest)
  switch (relation) {
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

/** As `passes`, of a compiled test. */
export function meets(test: CompiledTest, value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return test.text !== undefined && test.text(value) !== test.isNegated
    case 'boolean':
      return test.bool !== undefined && test.bool(value) !== test.isNegated
    case 'bigint':
      return test.ints !== undefined && inRanges(test.ints, value) !== test.isNegated
    case 'number':
      return test.doubles !== undefined && inNumberRanges(test.doubles, value) !== test.isNegated
    default:
      return Array.isArray(value) && arrayMeets(test, value)
  }
}

function arrayMeets(test: CompiledTest, items: readonly Value[]): boolean {
  if (!test.isNegated) return items.some(item => meets(test, item))
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
