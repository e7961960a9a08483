import { clip } from '../error.ts'
import { accept, acceptMatch, failRegex, type RegexCursor, takePoint } from './cursor.ts'
import { type CodePoints, complementOf, maxPoint, perlClasses, posixClasses, unionOf } from './set.ts'
import { foldedClass, unicodeClass } from './unicode.ts'

const classEscape = /\\(?:([dswDSW])|([pP])(?:\{(\^?)([^}]*)\}|(.)))/suy

/** The class that `\d`, `\pL`, `\P{^Greek}` and their like name, if one comes next; it is taken. */
export function acceptClassEscape(cursor: RegexCursor, ignoreCase: boolean): CodePoints | undefined {
  const begun = cursor.offset
  const match = acceptMatch(cursor, classEscape)
  if (match === undefined) return undefined
  if (match[1] !== undefined) {
    const letter = match[1].toLowerCase()
    return adjusted(perlClasses[letter]!, letter !== match[1], ignoreCase)
  }
  const points = unicodeClass(match[4] ?? match[5]!)
  if (points !== undefined) return adjusted(points, (match[2] === 'P') !== (match[3] === '^'), ignoreCase)
  return failRegex({ ...cursor, offset: begun }, `${clip(match[0])} is no class that is known`)
}

function adjusted(points: CodePoints, negated: boolean, ignoreCase: boolean): CodePoints {
  const folded = ignoreCase ? foldedClass(points) : points
  return negated ? complementOf(folded) : folded
}

/** The code points between brackets; the cursor stands behind the opening one. */
export function parseClass(cursor: RegexCursor, ignoreCase: boolean): CodePoints {
  const opened = { ...cursor, offset: cursor.offset - 1 }
  const negated = accept(cursor, '^')
  const named: CodePoints[] = []
  const ranges: CodePoints[] = []
  for (let first = true; first || !accept(cursor, ']'); first = false) {
    if (cursor.offset >= cursor.pattern.length) failRegex(opened, 'a [ without its ]')
    const points = acceptPosix(cursor, ignoreCase) ?? acceptClassEscape(cursor, ignoreCase)
    if (points === undefined) ranges.push(parseRange(cursor))
    else named.push(points)
  }
  const union = unionOf(ranges.flat())
  const points = unionOf([...(ignoreCase ? foldedClass(union) : union), ...named.flat()])
  return negated ? complementOf(points) : points
}

const posix = /\[:(\^?)([^\]]*?):\]/y

function acceptPosix(cursor: RegexCursor, ignoreCase: boolean): CodePoints | undefined {
  const begun = cursor.offset
  const match = acceptMatch(cursor, posix)
  if (match === undefined) return undefined
  const points = posixClasses.get(match[2]!)
  if (points !== undefined) return adjusted(points, match[1] === '^', ignoreCase)
  return failRegex({ ...cursor, offset: begun }, `${clip(match[0])} is no class that is known`)
}

function parseRange(cursor: RegexCursor): CodePoints {
  const begun = cursor.offset
  const low = parsePoint(cursor)
  const { pattern, offset } = cursor
  const ranges = pattern[offset] === '-' && offset + 1 < pattern.length && pattern[offset + 1] !== ']'
  if (ranges) cursor.offset++
  const high = ranges ? parsePoint(cursor) : low
  if (high < low) failRegex({ ...cursor, offset: begun }, 'a range that ends before it begins')
  return [low, high]
}

function parsePoint(cursor: RegexCursor): number {
  return cursor.pattern[cursor.offset] === '\\' ? parseEscape(cursor) : takePoint(cursor)
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }
const numeric = /\\(?:(0[0-7]{0,2}|[1-7][0-7]{1,2})|x(?:\{([\da-fA-F]+)\}|([\da-fA-F]{2})))/y
const plain = /\\(?:([afnrtv])|([!-/:-@[-`{-~]))/y

/** The code point of the escape that must come next. */
export function parseEscape(cursor: RegexCursor): number {
  const begun = { ...cursor }
  const code = acceptMatch(cursor, numeric)
  if (code !== undefined) {
    const point = code[1] !== undefined ? Number.parseInt(code[1], 8) : Number.parseInt(code[2] ?? code[3]!, 16)
    return point <= maxPoint ? point : failRegex(begun, 'a character beyond U+10FFFF')
  }
  const match = acceptMatch(cursor, plain)
  if (match !== undefined) return match[1] === undefined ? match[2]!.charCodeAt(0) : controls[match[1]]!
  return failRegex(begun, refusal(cursor.pattern.slice(cursor.offset, cursor.offset + 2)))
}

function refusal(escaped: string): string {
  if (escaped === '\\') return 'a \\ without what it escapes'
  if (/\d|k/.test(escaped)) return `${escaped}: RE2 has no references to groups`
  if (escaped === '\\Z') return '\\Z is not in RE2: write \\z'
  return `${escaped} is no escape of RE2`
}
