import { clip } from '../../error.ts'
import type { Scope } from './ast.ts'
import { matchAt, readNumber, readRawString, readString } from './lexer-literal.ts'
import { failAt, type Place } from './parser-error.ts'

/** The smallest parts of a text. Words are names without a scope, and intrinsics with one (`span:name`). */
export type Token =
  | (Place & { readonly kind: 'symbol' | 'word'; readonly text: string })
  | (Place & { readonly kind: 'string'; readonly value: string })
  | (Place & { readonly kind: 'int' | 'duration'; readonly value: bigint })
  | (Place & { readonly kind: 'float'; readonly value: number })
  | AttributeToken
  | (Place & { readonly kind: 'end' })

/** `quoted` where any part of the name was. */
export interface AttributeToken extends Place {
  readonly kind: 'attribute'
  readonly scope: Scope
  readonly ofParent: boolean
  readonly name: string
  readonly quoted: boolean
}

const space = '[\\s\\u0085]'
const skipped = new RegExp(`(?:${space}+|//[^\\n]*|/\\*(?:[^*]|\\*(?!/))*\\*/)+`, 'y')
const wordPattern = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const intrinsicPattern = /(?:trace|span|event|link|instrumentation):[\p{L}_][\p{L}\p{Nd}_]*/uy
const symbolPattern = /[!&](?:>>|<<|[<>~])|!=|!~|=~|&&|\|\||>>|<<|[<>]=|[{}()[\],|<>=~!+\-*/%^]/y
const namePattern = /[^"{}()=~!<>&|^,\s\u0085]+/y
const quotedPattern = /"((?:[^"\\]|\\["\\])*)"/y
const scopes: ReadonlySet<string> = new Set<Scope>(['span', 'resource', 'event', 'link', 'instrumentation'])

/** Whether an attribute of this name needs no quotes: nothing in it ends a name or begins a quoted part. */
export function isPlainName(name: string): boolean {
  return !name.includes('\\') && matchAt(namePattern, name, 0)?.[0].length === name.length
}

/** The token at or after an offset, blanks and comments skipped. */
export function readToken(text: string, offset: number): Token {
  const start = offset + (matchAt(skipped, text, offset)?.[0].length ?? 0)
  const letter = text[start]
  if (letter === undefined) return { kind: 'end', start, end: start }
  if (letter === '"') return { start, ...readString(text, start) }
  if (letter === '`') return { start, ...readRawString(text, start) }
  if (/^\.?\d/.test(text.slice(start, start + 2))) return { start, ...readNumber(text, start) }
  if (letter === '.') return readAttribute(text, start, start + 1, 'any', false)
  const word = matchAt(wordPattern, text, start)
  if (word !== null) return readWord(text, start, word[0])
  if (text.startsWith('/*', start))
    failAt(text, { start, end: start + 2 }, 'a comment that starts with /* does not end')
  const symbol = matchAt(symbolPattern, text, start)
  if (symbol !== null) return { kind: 'symbol', text: symbol[0], start, end: start + symbol[0].length }
  const point = String.fromCodePoint(text.codePointAt(start)!)
  return failAt(text, { start, end: start + point.length }, `unexpected character ${JSON.stringify(point)}`)
}

function readWord(text: string, start: number, word: string): Token {
  const end = start + word.length
  if (text[end] === ':') return readScopedIntrinsic(text, start, end)
  if (text[end] !== '.') return { kind: 'word', text: word, start, end }
  if (scopes.has(word)) return readAttribute(text, start, end + 1, word as Scope, false)
  if (word === 'parent') return readParentAttribute(text, start, end + 1)
  return failAt(text, { start, end }, `${clip(word)} is no scope: write .${clip(word)} for an attribute of that name`)
}

function readScopedIntrinsic(text: string, start: number, colon: number): Token {
  const intrinsic = matchAt(intrinsicPattern, text, start)
  if (intrinsic === null)
    return failAt(text, { start, end: colon + 1 }, `${text.slice(start, colon + 1)} begins no intrinsic`)
  return { kind: 'word', text: intrinsic[0], start, end: start + intrinsic[0].length }
}

function readParentAttribute(text: string, start: number, nameStart: number): AttributeToken {
  const scope = /^(span|resource)\./.exec(text.slice(nameStart, nameStart + 9))?.[1]
  if (scope === undefined) return readAttribute(text, start, nameStart, 'any', true)
  return readAttribute(text, start, nameStart + scope.length + 1, scope as Scope, true)
}

/** A name is a run of plain and quoted parts; in quotes a backslash escapes `"` and itself. */
function readAttribute(
  text: string,
  start: number,
  nameStart: number,
  scope: Scope,
  ofParent: boolean,
): AttributeToken {
  const parts: string[] = []
  let quoted = false
  let end = nameStart
  for (;;) {
    const plain = matchAt(namePattern, text, end)
    const part = plain ?? (text[end] === '"' ? matchAt(quotedPattern, text, end) : null)
    if (part === null) break
    quoted ||= plain === null
    parts.push(plain === null ? part[1]!.replace(/\\(.)/gs, '$1') : part[0])
    end += part[0].length
  }
  const name = parts.join('')
  if (text[end] === '"')
    failAt(text, { start, end: end + 1 }, 'a quoted name that does not end, or escapes other than \\" and \\\\ in it')
  if (name === '') failAt(text, { start, end: nameStart }, 'an attribute without a name')
  return { kind: 'attribute', scope, ofParent, name, quoted, start, end }
}
