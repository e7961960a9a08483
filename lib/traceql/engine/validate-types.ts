import { messageOf } from '../../error.ts'
import { compileRegex } from '../../regex/regex.ts'
import type {
  Binary,
  Field,
  FieldExpression,
  IntrinsicName,
  Membership,
  Static,
  StaticType,
  Unary,
} from '../language/ast.ts'
import { isOfChildren } from '../language/fields.ts'
import { maxChildFields, maxFields } from '../language/limits.ts'
import { failAt, type Place } from '../language/parser-error.ts'
import { printField } from '../language/print-expression.ts'
import { fold } from './fold.ts'

/** The type of a value as far as the text determines it; attributes are `any`. */
export type ValueType = StaticType | 'any'

const intrinsicTypes: Readonly<Record<IntrinsicName, StaticType>> = {
  'span:id': 'string',
  'span:parentID': 'string',
  'span:name': 'string',
  'span:kind': 'kind',
  'span:status': 'status',
  'span:statusMessage': 'string',
  'span:duration': 'duration',
  'span:childCount': 'int',
  'trace:id': 'string',
  'trace:duration': 'duration',
  'trace:rootName': 'string',
  'trace:rootService': 'string',
  'event:name': 'string',
  'event:timeSinceStart': 'duration',
  'link:traceID': 'string',
  'link:spanID': 'string',
  'instrumentation:name': 'string',
  'instrumentation:version': 'string',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
  nestedSetParent: 'int',
}

/** The type of what a field has as value. */
export function typeOfField(field: Field): ValueType {
  return field.kind === 'attribute' ? 'any' : intrinsicTypes[field.name]
}

/** What a text says correctly and this engine cannot do. */
export interface Unsupported {
  readonly place: Place
  readonly feature: string
}

/** What checks the types of a text. */
export class TypeCheck {
  readonly #text: string
  readonly unsupported: Unsupported[] = []
  /** What expressions without a field come to. */
  readonly #constants = new WeakMap<FieldExpression, Static>()
  /** How many fields of events and links an arithmetic expression takes; none where it is absent. */
  readonly #childCounts = new WeakMap<FieldExpression, number>()
  readonly #fields = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  fail(place: Place, message: string): never {
    return failAt(this.#text, place, message)
  }

  unsupport(place: Place, feature: string): void {
    this.unsupported.push({ place, feature })
  }

  /** The type of an expression; fails where its parts do not go together, and where a constant has no value. */
  typeOf(node: FieldExpression): ValueType {
    const type = this.#typeOfParts(node)
    const constant = this.#fold(node)
    if (constant !== undefined) this.#constants.set(node, constant)
    return type
  }

  /** The value of an expression without a field, parts of which have theirs already; else undefined. */
  #fold(node: FieldExpression): Static | undefined {
    if (node.kind === 'static') return node
    if (node.kind === 'unary') {
      const operand = this.#constants.get(node.operand)
      return operand && this.#computed({ ...node, operand })
    }
    if (node.kind !== 'binary') return undefined
    const left = this.#constants.get(node.left)
    const right = this.#constants.get(node.right)
    return left && right && this.#computed({ ...node, left, right })
  }

  #computed(node: Unary | Binary): Static | undefined {
    const value = fold(node)
    if (value.kind !== 'static') return undefined
    if (value.type === 'nil') this.fail(node, 'a constant that is not a finite number')
    return value
  }

  #typeOfParts(node: FieldExpression): ValueType {
    switch (node.kind) {
      case 'static':
        return node.type
      case 'unary':
        return this.#typeOfUnary(node)
      case 'binary':
        return this.#typeOfBinary(node)
      case 'membership':
        return this.#typeOfMembership(node)
      default:
        return this.fieldType(node)
    }
  }

  fieldType(field: Field): ValueType {
    this.#fields.add(printField(field))
    if (this.#fields.size > maxFields)
      this.unsupport(field, `more than ${maxFields} different attributes and intrinsics`)
    if (isOfChildren(field)) this.#childCounts.set(field, 1)
    if (field.ofParent) this.unsupport(field, 'the scope parent: use { … } > { … }')
    return field.ofParent ? 'any' : typeOfField(field)
  }

  #typeOfUnary(node: Unary): ValueType {
    const { operator, operand } = node
    const type = this.typeOf(operand)
    if (operator === '!') return this.#condition(operand, type, '! needs a condition')
    this.#countChildren(node, operand)
    if (!isNumeric(type)) this.fail(operand, `- needs a number or duration, this is ${inWords(type)}`)
    return type
  }

  #condition(node: FieldExpression, type: ValueType, need: string): 'bool' {
    if (type !== 'bool' && type !== 'any') this.fail(node, `${need}, this is ${inWords(type)}`)
    return 'bool'
  }

  #typeOfBinary(node: Binary): ValueType {
    const left = this.typeOf(node.left)
    const right = this.typeOf(node.right)
    switch (node.operator) {
      case '&&':
      case '||':
        this.#condition(node.left, left, `${node.operator} needs conditions`)
        return this.#condition(node.right, right, `${node.operator} needs conditions`)
      case '=~':
      case '!~':
        return this.#checkRegex(node, left)
      case '=':
      case '!=':
        this.#checkNil(node)
        return this.#checkAlike(node, left, right)
      case '<':
      case '<=':
      case '>':
      case '>=':
        this.#checkOrdered(node, left, right)
        return this.#checkAlike(node, left, right)
      default:
        return this.#typeOfArithmetic(node, left, right)
    }
  }

  #typeOfArithmetic(node: Binary, leftType: ValueType, rightType: ValueType): ValueType {
    const { operator, left, right } = node
    this.#countChildren(node, left, right)
    for (const [side, type] of [[left, leftType] as const, [right, rightType] as const])
      if (!isNumeric(type)) this.fail(side, `${operator} needs numbers or durations, this is ${inWords(type)}`)
    const divides = operator === '/' || operator === '%'
    const divisor = this.#constants.get(right)
    if (divides && this.#constants.has(left) && divisor !== undefined && Number(divisor.value) === 0)
      this.fail(right, 'division by zero')
    const types = [leftType, rightType]
    return (['any', 'duration', 'float'] as const).find(type => types.includes(type)) ?? 'int'
  }

  /** Arithmetic has a value for each combination of the values of its fields. */
  #countChildren(node: FieldExpression, ...operands: readonly FieldExpression[]): void {
    const count = operands.reduce((sum, operand) => sum + (this.#childCounts.get(operand) ?? 0), 0)
    this.#childCounts.set(node, count)
    if (count > maxChildFields)
      this.unsupport(node, `arithmetic on more than ${maxChildFields} fields of events or links`)
  }

  #checkAlike(node: Binary, left: ValueType, right: ValueType): 'bool' {
    if (!areAlike(left, right)) this.fail(node, `${inWords(left)} cannot be compared with ${inWords(right)}`)
    return 'bool'
  }

  #checkOrdered(node: Binary, left: ValueType, right: ValueType): void {
    for (const [side, type] of [[node.left, left] as const, [node.right, right] as const])
      if (type === 'bool' || type === 'status' || type === 'kind' || type === 'nil')
        this.fail(side, `${node.operator} needs an order, which ${inWords(type)} does not have`)
  }

  /** Only attributes may be asked for their absence; `resource.service.name` counts as an intrinsic. */
  #checkNil({ operator, left, right }: Binary): void {
    if (operator !== '=') return
    for (const [field, other] of [[left, right] as const, [right, left] as const])
      if (other.kind === 'static' && other.type === 'nil' && isIntrinsic(field))
        this.fail(field, `${printField(field)} = nil: only attributes are compared with nil`)
  }

  #checkRegex({ operator, left, right }: Binary, type: ValueType): 'bool' {
    if (type !== 'string' && type !== 'any') this.fail(left, `${operator} needs a string, this is ${inWords(type)}`)
    if (right.kind !== 'static' || right.type !== 'string')
      return this.fail(right, `${operator} needs a regex in quotes on its right`)
    this.#checkPattern(right)
    return 'bool'
  }

  #checkPattern(pattern: Static): void {
    if (pattern.type !== 'string') return this.fail(pattern, 'a regex in quotes is expected here')
    try {
      compileRegex(pattern.value)
    } catch (error) {
      this.fail(pattern, messageOf(error))
    }
  }

  #typeOfMembership({ operator, operand, values }: Membership): 'bool' {
    const type = this.typeOf(operand)
    if (operand.kind !== 'attribute' && operand.kind !== 'intrinsic')
      this.unsupport(operand, `${operator.toUpperCase()} of anything but an attribute or intrinsic`)
    for (const value of values) {
      if (operator.startsWith('match')) this.#checkPattern(value)
      const alike = value.type !== 'nil' && areAlike(type, value.type) && areAlike(values[0]!.type, value.type)
      if (!alike) this.fail(value, `${inWords(value.type)} does not go with the operand or the first value`)
    }
    return 'bool'
  }
}

function isIntrinsic(node: FieldExpression): node is Field {
  if (node.kind === 'intrinsic') return !node.ofParent
  return node.kind === 'attribute' && node.scope === 'resource' && node.name === 'service.name'
}

/** Whether it may be a number: an attribute may have one. */
export function isNumeric(type: ValueType): boolean {
  return type === 'int' || type === 'float' || type === 'duration' || type === 'any'
}

function areAlike(left: ValueType, right: ValueType): boolean {
  if (left === right || left === 'any' || right === 'any' || left === 'nil' || right === 'nil') return true
  return isNumeric(left) && isNumeric(right)
}

const words: Readonly<Record<ValueType, string>> = {
  string: 'a string',
  int: 'an int',
  float: 'a float',
  bool: 'a bool',
  duration: 'a duration',
  status: 'a status',
  kind: 'a kind',
  nil: 'nil',
  any: 'an attribute',
}

/** A type with its article. */
export function inWords(type: ValueType): string {
  return words[type]
}
