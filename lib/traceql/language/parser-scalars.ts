import type { ArithmeticOperator, FloatStatic, IntStatic, ScalarExpression, Static } from './ast.ts'
import type { Cursor } from './parser-cursor.ts'
import { staticOf } from './parser-statics.ts'

const maxInt = 2n ** 63n - 1n

/** Floats that came out of durations: nanoseconds, which compare with durations but are no number for series. */
const ofDurations = new WeakSet<Static>()

/** `left operator right`: one static where both are, else an operation. */
export function scalarOperation(
  cursor: Cursor,
  operator: ArithmeticOperator,
  left: ScalarExpression,
  right: ScalarExpression,
): ScalarExpression {
  const place = { start: left.start, end: cursor.lastEnd }
  if (left.kind !== 'static' || right.kind !== 'static')
    return cursor.grown({ kind: 'scalar-operation', operator, left, right, ...place }, left, right)
  const [a, b] = [numberOf(left), numberOf(right)]
  if (a === undefined || b === undefined)
    return cursor.fail(`${operator} needs numbers or durations on both sides`, a === undefined ? left : right)
  if (typeof a === 'bigint' && typeof b === 'bigint' && left.type === 'int' && right.type === 'int')
    return staticOf('int', foldInts(cursor, operator, a, b, right), place)
  const result = staticOf('float', foldFloats(operator, Number(a), Number(b)), place)
  if (!Number.isFinite(result.value)) cursor.fail('a constant that is out of range or divides by zero', place)
  if (!isPlainNumber(left) || !isPlainNumber(right)) ofDurations.add(result)
  return result
}

/** Whether a scalar is an int or float that no duration took part in. */
export function isPlainNumber(scalar: { readonly kind: string }): scalar is IntStatic | FloatStatic {
  const value = scalar as ScalarExpression
  return value.kind === 'static' && (value.type === 'int' || value.type === 'float') && !ofDurations.has(value)
}

function numberOf({ type, value }: Static): bigint | number | undefined {
  return type === 'int' || type === 'float' || type === 'duration' ? value : undefined
}

/** Of two ints an int: division cuts towards zero. */
function foldInts(cursor: Cursor, operator: ArithmeticOperator, a: bigint, b: bigint, right: Static): bigint {
  if (b === 0n && (operator === '/' || operator === '%')) cursor.fail('division by zero', right)
  const result = operator === '^' ? BigInt(Math.trunc(limited(Number(a) ** Number(b)))) : intResult(operator, a, b)
  if (result > maxInt || result < -maxInt - 1n) cursor.fail('a constant beyond 64 bits', right)
  return result
}

function limited(value: number): number {
  return Number.isFinite(value) ? value : 2 ** 70
}

function intResult(operator: Exclude<ArithmeticOperator, '^'>, a: bigint, b: bigint): bigint {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  return operator === '/' ? a / b : a % b
}

function foldFloats(operator: ArithmeticOperator, a: number, b: number): number {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (operator === '/') return a / b
  return operator === '%' ? a % b : a ** b
}
