import type { Attribute, Binary, Field, FieldExpression, Membership, Static, Unary } from './ast.ts'
import { isPlainName } from './lexer.ts'
import { operatorPrecedence, precedences } from './parser-fields.ts'
import { unscopedIntrinsics } from './parser-statics.ts'

/** Text of an expression, how tightly it binds, and whether it ends in a sign that binds across a following `*`. */
interface Printed {
  readonly text: string
  readonly precedence: number
  readonly open: boolean
}

const operand = 10

/** A field expression as text, with no more parentheses than it takes. */
export function printExpression(node: FieldExpression): string {
  return printed(node).text
}

function printed(node: FieldExpression): Printed {
  if (node.kind === 'static') return { text: printStatic(node), precedence: operand, open: isNegative(node) }
  if (node.kind === 'unary') return printUnary(node)
  if (node.kind === 'binary') return printBinary(node)
  if (node.kind === 'membership') return printMembership(node)
  return { text: printField(node), precedence: operand, open: false }
}

/** A literal after a minus stays in parentheses: without them it would be a negative literal. */
function printUnary({ operator, operand: inner }: Unary): Printed {
  const { text, precedence } = printed(inner)
  const enclosed = precedence < precedences.not || (operator === '-' && inner.kind === 'static')
  return { text: operator + (enclosed ? `(${text})` : text), precedence: operand, open: true }
}

function printBinary({ operator, left, right }: Binary): Printed {
  const precedence = operatorPrecedence(operator)
  const power = operator === '^'
  const [a, b] = [printed(left), printed(right)]
  const reaches = a.open && precedence > precedences.not
  const encloseLeft = reaches || a.precedence < precedence || (power && a.precedence === precedence)
  const encloseRight = b.precedence < precedence || (!power && b.precedence === precedence)
  const text = `${encloseLeft ? `(${a.text})` : a.text} ${operator} ${encloseRight ? `(${b.text})` : b.text}`
  return { text, precedence, open: b.open && !encloseRight }
}

function printMembership({ operator, operand: inner, values }: Membership): Printed {
  const { text, precedence } = printed(inner)
  const left = precedence < precedences.comparison ? `(${text})` : text
  const list = values.map(printStatic).join(', ')
  return { text: `${left} ${operator.toUpperCase()} [${list}]`, precedence: precedences.comparison, open: false }
}

/** An attribute or intrinsic as text; an intrinsic without its scope where it has such a spelling. */
export function printField(field: Field): string {
  const parent = field.ofParent ? 'parent.' : ''
  if (field.kind === 'attribute') return parent + printAttribute(field)
  return parent + (unscopedNames.get(field.name) ?? field.name)
}

const unscopedNames: ReadonlyMap<string, string> = new Map([...unscopedIntrinsics].map(([word, name]) => [name, word]))

function printAttribute({ scope, name, ofParent }: Attribute): string {
  const scoped = scope === 'any' ? (ofParent ? '' : '.') : `${scope}.`
  const misread = ofParent && scope === 'any' && (unscopedIntrinsics.has(name) || /^(span|resource)\./.test(name))
  const first = !ofParent && scope === 'any' && /^\d/.test(name)
  return scoped + (isPlainName(name) && !misread && !first ? name : `"${name.replace(/["\\]/g, '\\$&')}"`)
}

const minInt = -(2n ** 63n)

function isNegative({ type, value }: Static): boolean {
  if (type === 'float') return value < 0 || Object.is(value, -0)
  return (type === 'int' || type === 'duration') && value < 0n && value !== minInt
}

/** A literal as text. */
export function printStatic({ type, value }: Static): string {
  if (type === 'string') return printString(value)
  if (type === 'float') return printFloat(value)
  if (type === 'duration') return printDuration(value)
  if (type === 'int') return printInt(value)
  return value === null ? 'nil' : String(value)
}

export function printInt(value: bigint): string {
  return value === minInt ? 'minInt' : String(value)
}

/** In backticks, or where that would lose something in double quotes. */
function printString(value: string): string {
  if (!/[`\r]/.test(value)) return `\`${value}\``
  const escaped = value.replace(/[\p{Cc}"\\]/gu, character => {
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

export function printFloat(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const units = [
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
] as const

function printDuration(nanos: bigint): string {
  let rest = nanos < 0n ? -nanos : nanos
  const parts = units.map(([unit, length]) => {
    const count = rest / length
    rest %= length
    return count === 0n ? '' : `${count}${unit}`
  })
  return (nanos < 0n ? '-' : '') + (parts.join('') || '0s')
}
