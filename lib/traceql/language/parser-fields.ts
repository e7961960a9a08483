import type { BinaryOperator, FieldExpression, Membership, MembershipOperator } from './ast.ts'
import type { Cursor } from './parser-cursor.ts'
import { acceptField, acceptStatic, negated, parseStatic } from './parser-statics.ts'

/** How tightly operators bind, the loosest first. `&&` and `||` bind alike, from left to right, as in Tempo. */
export const precedences = { logical: 1, comparison: 2, additive: 3, not: 4, multiplicative: 5, power: 6 } as const

const operators: ReadonlyMap<string, number> = new Map([
  ...['&&', '||'].map(operator => [operator, precedences.logical] as const),
  ...['=', '!=', '<', '<=', '>', '>=', '=~', '!~'].map(operator => [operator, precedences.comparison] as const),
  ...['+', '-'].map(operator => [operator, precedences.additive] as const),
  ...['*', '/', '%'].map(operator => [operator, precedences.multiplicative] as const),
  ['^', precedences.power],
])

/** How tightly an operator between field expressions binds. */
export function operatorPrecedence(operator: BinaryOperator): number {
  return operators.get(operator)!
}

/** The field expression that comes next, up to an operator that binds less than `least`. */
export function parseFieldExpression(cursor: Cursor, least: number = precedences.logical): FieldExpression {
  const { start } = cursor.token
  let left = parseOperand(cursor)
  for (;;) {
    const membership = least <= precedences.comparison ? acceptMembership(cursor, left, start) : undefined
    const precedence = cursor.token.kind === 'symbol' ? (operators.get(cursor.token.text) ?? 0) : 0
    if (membership === undefined && precedence < least) return left
    left = membership ?? parseBinary(cursor, left, start, precedence)
  }
}

function parseBinary(cursor: Cursor, left: FieldExpression, start: number, precedence: number): FieldExpression {
  const operator = cursor.word as BinaryOperator
  cursor.take()
  const right =
    operator === '^'
      ? cursor.deeper(() => parseFieldExpression(cursor, precedence))
      : parseFieldExpression(cursor, precedence + 1)
  return cursor.grown({ kind: 'binary', operator, left, right, start, end: cursor.lastEnd }, left, right)
}

/** `-` reaches over `* / % ^`, and so does `!`: `-2 ^ 2` is -4, `!.a = .b` compares `!.a` with `.b`. */
function parseOperand(cursor: Cursor): FieldExpression {
  const { start } = cursor.token
  if (cursor.accept('(')) return parseParenthesised(cursor)
  if (cursor.accept('-')) return parseNegative(cursor, start)
  if (cursor.accept('!')) {
    const operand = cursor.deeper(() => parseFieldExpression(cursor, precedences.multiplicative))
    return cursor.grown({ kind: 'unary', operator: '!', operand, start, end: cursor.lastEnd }, operand)
  }
  return acceptStatic(cursor) ?? acceptField(cursor) ?? failOperand(cursor)
}

function parseParenthesised(cursor: Cursor): FieldExpression {
  const inner = cursor.deeper(() => parseFieldExpression(cursor))
  cursor.expect(')', 'after the expression in parentheses')
  return inner
}

function parseNegative(cursor: Cursor, start: number): FieldExpression {
  const literal = cursor.token.kind !== 'symbol'
  const operand = cursor.deeper(() => parseFieldExpression(cursor, precedences.multiplicative))
  const folded = literal && operand.kind === 'static' ? negated(operand, start) : undefined
  return folded ?? cursor.grown({ kind: 'unary', operator: '-', operand, start, end: cursor.lastEnd }, operand)
}

const aggregates: ReadonlySet<string> = new Set(['count', 'min', 'max', 'avg', 'sum'])

function failOperand(cursor: Cursor): never {
  const { token } = cursor
  if (token.kind !== 'word')
    return cursor.fail(`expected a value, an attribute or an intrinsic, got ${cursor.describe()}`)
  if (token.text === 'parent')
    return cursor.fail('the intrinsic parent is unsupported: use nestedSetParent, or { … } > { … }')
  if (aggregates.has(token.text))
    return cursor.fail(`${token.text} stands outside of { }: { … } | ${token.text}(…) > 1`)
  if (token.text.includes(':')) return cursor.fail(`${token.text} is no intrinsic`)
  return cursor.fail(
    `${token.text} is no intrinsic: write .${token.text} for an attribute, "${token.text}" for a string`,
  )
}

const memberships: Readonly<Record<string, Readonly<Record<string, MembershipOperator>>>> = {
  NOT: { IN: 'not in' },
  MATCH: { ANY: 'match any', NONE: 'match none' },
}

function acceptMembership(cursor: Cursor, operand: FieldExpression, start: number): Membership | undefined {
  const operator = acceptMembershipOperator(cursor)
  if (operator === undefined) return undefined
  cursor.expect('[', 'before the values')
  const values = cursor.list(() => parseStatic(cursor, 'a value'))
  cursor.expect(']', 'after the values')
  const node = { kind: 'membership', operator, operand, values, start, end: cursor.lastEnd } as const
  return cursor.grown(node, operand)
}

function acceptMembershipOperator(cursor: Cursor): MembershipOperator | undefined {
  if (cursor.accept('IN')) return 'in'
  const first = cursor.word
  const seconds = first === undefined ? undefined : memberships[first]
  if (seconds === undefined || !Object.hasOwn(memberships, first!)) return undefined
  cursor.take()
  const operator = seconds[cursor.word ?? '']
  if (operator === undefined) return cursor.fail(`expected ${Object.keys(seconds).join(' or ')} after ${first}`)
  cursor.take()
  return operator
}
