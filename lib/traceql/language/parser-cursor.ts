import { clip } from '../../error.ts'
import type { Node } from './ast.ts'
import { readToken, type Token } from './lexer.ts'
import { failAt, type Place } from './parser-error.ts'

/** How deep brackets and prefix operators may nest. */
export const maxDepth = 200

/** How high a tree may be: one more than the operators of a chain such as `a || b || c`. */
export const maxHeight = 2_000

/** A place in a text on its way through the parser, one token ahead. */
export class Cursor {
  readonly text: string
  /** The token that comes next. */
  token: Token
  /** The end of the last token that was taken. */
  lastEnd = 0
  #depth = 0
  readonly #heights = new WeakMap<Node, number>()

  constructor(text: string) {
    this.text = text
    this.token = readToken(text, 0)
  }

  /** The next token, taken. */
  take(): Token {
    const token = this.token
    this.lastEnd = token.end
    this.token = readToken(this.text, token.end)
    return token
  }

  /** The text of the next token where it is a symbol or a word, else undefined. */
  get word(): string | undefined {
    return this.token.kind === 'symbol' || this.token.kind === 'word' ? this.token.text : undefined
  }

  /** Whether this symbol or word came next; it is taken. */
  accept(text: string): boolean {
    if (this.word !== text) return false
    this.take()
    return true
  }

  expect(text: string, what: string): void {
    if (!this.accept(text)) this.fail(`expected ${JSON.stringify(text)} ${what}, got ${this.describe()}`)
  }

  /** Never returns: an error at the next token, or at a place. */
  fail(message: string, place: Place = this.token): never {
    return failAt(this.text, place, message)
  }

  /** The next token in words. */
  describe(): string {
    const { kind, start, end } = this.token
    return kind === 'end' ? 'the end of the text' : JSON.stringify(clip(this.text.slice(start, end)))
  }

  /** What `read` gives, one level deeper. */
  deeper<T>(read: () => T): T {
    if (this.#depth >= maxDepth) this.fail(`nested more than ${maxDepth} deep`)
    this.#depth++
    const result = read()
    this.#depth--
    return result
  }

  /** The node itself, its height noted; an error where the tree gets too high. */
  grown<T extends Node>(node: T, ...children: readonly Node[]): T {
    const height = 1 + Math.max(0, ...children.map(child => this.#heights.get(child) ?? 0))
    if (height > maxHeight) this.fail(`more than ${maxHeight} operators in one chain`, node)
    this.#heights.set(node, height)
    return node
  }

  /** One or more of something, between commas. */
  list<T>(read: () => T): T[] {
    const items = [read()]
    while (this.accept(',')) items.push(read())
    return items
  }
}
