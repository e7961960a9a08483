import type { ArithmeticOperator } from './ast.ts'
import { emptyVector, type Pool, Tag, type Vector } from './vector.ts'

/**
 * An operation on numbers, by span: nil where an operand is no number, and where it divides by zero. Ints give ints
 * (their quotient is cut), a duration gives a duration, all else doubles.
 */
export function arithmetic(operator: ArithmeticOperator, left: Vector, right: Vector, pool: Pool): Vector {
  const length = left.tags.length
  const result = emptyVector(length)
  for (let row = 0; row < length; row++) {
    const leftTag = numberTag(left.tags[row]!)
    const rightTag = numberTag(right.tags[row]!)
    if (leftTag === Tag.nil || rightTag === Tag.nil) continue
    const tag = resultTag(leftTag, rightTag)
    const number = operate(operator, numberAt(left, row, pool), numberAt(right, row, pool), tag === Tag.int)
    if (Number.isNaN(number)) continue
    result.tags[row] = tag
    result.numbers[row] = number
  }
  return result
}

function numberTag(tag: number): number {
  if (tag === Tag.bigint) return Tag.int
  return tag >= Tag.int && tag <= Tag.duration ? tag : Tag.nil
}

export function resultTag(left: number, right: number): number {
  if (left === Tag.duration || right === Tag.duration) return Tag.duration
  return left === Tag.float || right === Tag.float ? Tag.float : Tag.int
}

function numberAt({ tags, numbers }: Vector, row: number, pool: Pool): number {
  return tags[row] === Tag.bigint ? Number(pool.bigint(numbers[row]!)) : numbers[row]!
}

/** The result as a double; NaN where there is none. */
export function operate(operator: ArithmeticOperator, a: number, b: number, isWhole: boolean): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? Number.NaN : isWhole ? Math.trunc(a / b) : a / b
    case '%':
      return b === 0 ? Number.NaN : a % b
    case '^':
      return isWhole ? Math.trunc(a ** b) : a ** b
  }
}
