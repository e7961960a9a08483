import { isRelated } from '../../model/relation.ts'
import { compileRegex } from '../../regex/regex.ts'
import type { Binary, FieldExpression, Static } from '../language/ast.ts'
import { operate } from './arithmetic.ts'
import { isComparison } from './comparison-test.ts'

/** The same expression with everything on constants alone computed. Nil where an operation has no result. */
export function fold(node: FieldExpression): FieldExpression {
  switch (node.kind) {
    case 'unary': {
      const operand = fold(node.operand)
      return operand.kind === 'static' ? foldUnary(node.operator, operand) : { ...node, operand }
    }
    case 'binary': {
      const left = fold(node.left)
      const right = fold(node.right)
      if (left.kind === 'static' && right.kind === 'static') return foldBinary(node, left, right)
      return { ...node, left, right }
    }
    case 'membership':
      return { ...node, operand: fold(node.operand) }
    default:
      return node
  }
}

function foldUnary(operator: '-' | '!', operand: Static): Static {
  const place = { kind: 'static', start: operand.start, end: operand.end } as const
  if (operator === '!') {
    if (operand.type !== 'bool') return { ...place, type: 'nil', value: null }
    return { ...place, type: 'bool', value: !operand.value }
  }
  if (operand.type === 'int' || operand.type === 'duration') return { ...operand, value: -operand.value }
  return operand.type === 'float' ? { ...operand, value: -operand.value } : { ...place, type: 'nil', value: null }
}

function foldBinary({ operator, start, end }: Binary, left: Static, right: Static): Static {
  const place = { kind: 'static', start, end } as const
  if (operator === '&&' || operator === '||') {
    if (left.type !== 'bool' || right.type !== 'bool') return { ...place, type: 'nil', value: null }
    const value = operator === '&&' ? left.value && right.value : left.value || right.value
    return { ...place, type: 'bool', value }
  }
  if (isComparison(operator)) return { ...place, type: 'bool', value: compareStatics(operator, left, right) }
  return foldArithmetic({ operator, ...place }, left, right)
}

function compareStatics(operator: Binary['operator'], left: Static, right: Static) {
  if (left.type === 'string' && right.type === 'string') {
    if (operator === '=~' || operator === '!~') return compileRegex(right.value)(left.value) === (operator === '=~')
    return isRelated(left.value, operator, right.value)
  }
  if (isNumeric(left) && isNumeric(right)) return isRelated(left.value, operator, right.value)
  if (left.type !== right.type || left.type === 'nil') return false
  return operator === '=' ? left.value === right.value : operator === '!=' && left.value !== right.value
}

type Numeric = Extract<Static, { type: 'int' | 'float' | 'duration' }>

function isNumeric(value: Static): value is Numeric {
  return value.type === 'int' || value.type === 'float' || value.type === 'duration'
}

interface Operation {
  readonly operator: Exclude<Binary['operator'], '&&' | '||'>
  readonly kind: 'static'
  readonly start: number
  readonly end: number
}

function foldArithmetic({ operator, ...place }: Operation, left: Static, right: Static): Static {
  const nil: Static = { ...place, type: 'nil', value: null }
  if (!isNumeric(left) || !isNumeric(right)) return nil
  const isWhole = left.type === 'int' && right.type === 'int'
  const arithmeticOperator = operator as '+' | '-' | '*' | '/' | '%' | '^'
  const number = operate(arithmeticOperator, Number(left.value), Number(right.value), isWhole)
  if (!Number.isFinite(number)) return nil
  if (isWhole && Number.isSafeInteger(number)) return { ...place, type: 'int', value: BigInt(number) }
  return { ...place, type: 'float', value: number }
}
