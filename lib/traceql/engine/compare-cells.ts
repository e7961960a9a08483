import { isRelated } from '../../model/relation.ts'
import { traceKey } from '../../model/trace-id.ts'
import { compileRegex } from '../../regex/regex.ts'
import type { Binary } from '../language/ast.ts'
import { type Pool, Tag, type Vector } from './vector.ts'

type Operator = Binary['operator']
type Compare = (operator: Operator, left: Side, right: Side) => boolean

interface Side {
  tag: number
  number: number
}

/**
 * 1 for the spans whose two values are so related. Arrays and values of several events hold where an item does; of `!=`
 * and `!~` arrays hold where all items do. Types that do not go together are in no relation.
 */
export function compareVectors({ operator }: Binary, left: Vector, right: Vector, pool: Pool): Uint8Array {
  const result = new Uint8Array(left.tags.length)
  const compare = comparer(pool)
  const a: Side = { tag: 0, number: 0 }
  const b: Side = { tag: 0, number: 0 }
  for (let row = 0; row < result.length; row++) {
    a.tag = left.tags[row]!
    b.tag = right.tags[row]!
    if (a.tag === Tag.nil || b.tag === Tag.nil) continue
    a.number = left.numbers[row]!
    b.number = right.numbers[row]!
    if (compare(operator, a, b)) result[row] = 1
  }
  return result
}

function comparer(pool: Pool): Compare {
  const regexes = new Map<number, (text: string) => boolean>()
  const matches = (place: number, text: string): boolean => {
    let regex = regexes.get(place)
    if (regex === undefined) {
      regex = compileRegex(pool.text(place))
      regexes.set(place, regex)
    }
    return regex(text)
  }
  const compare: Compare = (operator, left, right) => {
    const lists = left.tag === Tag.array || left.tag === Tag.several
    if (lists) return overItems(operator, left, item => compare(operator, item, right), pool)
    if (right.tag === Tag.array || right.tag === Tag.several)
      return overItems(operator, right, item => compare(operator, left, item), pool)
    if (isText(left.tag) && isText(right.tag)) {
      const text = pool.text(left.number)
      if (operator === '=~' || operator === '!~') return matches(right.number, text) === (operator === '=~')
      return compareTextsOf(operator, left, right, pool)
    }
    return compareSame(operator, left, right, pool)
  }
  return compare
}

function overItems(operator: Operator, list: Side, test: (item: Side) => boolean, pool: Pool): boolean {
  const items = pool.cells(list.number)
  const isNone = list.tag === Tag.array && (operator === '!=' || operator === '!~')
  return isNone ? items.every(test) : items.some(test)
}

function isText(tag: number): boolean {
  return tag === Tag.text || tag === Tag.id
}

function compareTextsOf(operator: Operator, left: Side, right: Side, pool: Pool): boolean {
  const isId = left.tag === Tag.id || right.tag === Tag.id
  const a = pool.text(left.number)
  const b = pool.text(right.number)
  return isId ? isRelated(traceKey(a), operator, traceKey(b)) : isRelated(a, operator, b)
}

function compareSame(operator: Operator, left: Side, right: Side, pool: Pool): boolean {
  if (isNumber(left.tag) && isNumber(right.tag)) return isRelated(numberOf(left, pool), operator, numberOf(right, pool))
  return left.tag === right.tag && left.tag < Tag.text && isRelated(left.number, operator, right.number)
}

function isNumber(tag: number): boolean {
  return (tag >= Tag.int && tag <= Tag.duration) || tag === Tag.bigint
}

function numberOf({ tag, number }: Side, pool: Pool): number | bigint {
  return tag === Tag.bigint ? pool.bigint(number) : number
}
