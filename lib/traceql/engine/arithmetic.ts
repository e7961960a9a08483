import { LabError } from '../../error.ts'
import type { ArithmeticOperator } from '../language/ast.ts'
import { maxChildValues } from '../language/limits.ts'
import { type Cell, emptyVector, type Pool, Tag, type Vector } from './vector.ts'

/**
 * An operation on numbers, by span: nil where an operand is no number, and where it divides by zero. Ints give ints
 * (their quotient is cut), a duration gives a duration, all else doubles. Values of several events give one each.
 */
export function arithmetic(operator: ArithmeticOperator, left: Vector, right: Vector, pool: Pool): Vector {
  const result = emptyVector(left.tags.length)
  for (let row = 0; row < result.tags.length; row++) {
    const a = cellAt(left, row)
    const b = cellAt(right, row)
    const isSeveral = a.tag === Tag.several || b.tag === Tag.several
    const { tag, number } = isSeveral ? operateEach(operator, a, b, pool) : operateCells(operator, a, b, pool)
    result.tags[row] = tag
    result.numbers[row] = number
  }
  return result
}

/** The number with its sign turned, by span. */
export function negative(vector: Vector, pool: Pool): Vector {
  const zeros = {
    tags: new Uint8Array(vector.tags.length).fill(Tag.int),
    numbers: new Float64Array(vector.tags.length),
  }
  return arithmetic('-', zeros, vector, pool)
}

function cellAt({ tags, numbers }: Vector, row: number): Cell {
  return { tag: tags[row]!, number: numbers[row]! }
}

const nil: Cell = { tag: Tag.nil, number: 0 }

function operateCells(operator: ArithmeticOperator, a: Cell, b: Cell, pool: Pool): Cell {
  const leftTag = numberTag(a.tag)
  const rightTag = numberTag(b.tag)
  if (leftTag === Tag.nil || rightTag === Tag.nil) return nil
  const tag = resultTag(leftTag, rightTag)
  const number = operate(operator, numberOf(a, pool), numberOf(b, pool), tag === Tag.int)
  return Number.isNaN(number) ? nil : { tag, number }
}

function operateEach(operator: ArithmeticOperator, a: Cell, b: Cell, pool: Pool): Cell {
  const lefts = a.tag === Tag.several ? pool.cells(a.number) : [a]
  const rights = b.tag === Tag.several ? pool.cells(b.number) : [b]
  if (lefts.length * rights.length > maxChildValues)
    throw new LabError(
      'unsupported',
      `TraceQL: ${operator} of ${lefts.length} and ${rights.length} values of the events or links of one span: at most ${maxChildValues.toLocaleString('en')} together`,
    )
  const results = lefts
    .flatMap(left => rights.map(right => operateCells(operator, left, right, pool)))
    .filter(({ tag }) => tag !== Tag.nil)
  return results.length === 0 ? nil : { tag: Tag.several, number: pool.list(results) }
}

/** The tag of a number; nil for all else. */
export function numberTag(tag: number): number {
  if (tag === Tag.bigint) return Tag.int
  return tag >= Tag.int && tag <= Tag.duration ? tag : Tag.nil
}

/** The tag of what an operation on two numbers gives. */
export function resultTag(left: number, right: number): number {
  if (left === Tag.duration || right === Tag.duration) return Tag.duration
  return left === Tag.float || right === Tag.float ? Tag.float : Tag.int
}

/** The number of such a cell as a double. */
export function numberOf({ tag, number }: Cell, pool: Pool): number {
  return tag === Tag.bigint ? Number(pool.bigint(number)) : number
}

/** The number of a cell, of values of several events or links the first one; nil where there is none. */
export function firstNumber(cell: Cell, pool: Pool): Cell {
  const found = cell.tag === Tag.several ? pool.cells(cell.number).find(({ tag }) => numberTag(tag) !== Tag.nil) : cell
  if (found === undefined || numberTag(found.tag) === Tag.nil) return nil
  return { tag: numberTag(found.tag), number: numberOf(found, pool) }
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
