import { LabError } from '../error.ts'

/** A pattern on its way through the parser. */
export interface RegexCursor {
  readonly pattern: string
  offset: number
}

/** Never returns: an error that names the character, from 1. */
export function failRegex({ offset }: RegexCursor, message: string): never {
  throw new LabError('invalid', `regex at character ${offset + 1}: ${message}`)
}

/** Whether this text comes next; it is taken. */
export function accept(cursor: RegexCursor, text: string): boolean {
  if (!cursor.pattern.startsWith(text, cursor.offset)) return false
  cursor.offset += text.length
  return true
}

/** What a sticky expression matches next; it is taken. */
export function acceptMatch(cursor: RegexCursor, expression: RegExp): RegExpExecArray | undefined {
  expression.lastIndex = cursor.offset
  const match = expression.exec(cursor.pattern)
  if (match === null) return undefined
  cursor.offset += match[0].length
  return match
}

/** The code point that comes next, taken. */
export function takePoint(cursor: RegexCursor): number {
  const point = cursor.pattern.codePointAt(cursor.offset)!
  cursor.offset += point > 0xffff ? 2 : 1
  return point
}
