import type { Field, IntrinsicName, KindName, Node, Static, StatusName } from './ast.ts'
import type { AttributeToken } from './lexer.ts'
import type { Cursor } from './parser-cursor.ts'
import type { Place } from './parser-error.ts'

/** The intrinsics that have a spelling without a scope, by that spelling. */
export const unscopedIntrinsics: ReadonlyMap<string, IntrinsicName> = new Map<string, IntrinsicName>([
  ['duration', 'span:duration'],
  ['name', 'span:name'],
  ['status', 'span:status'],
  ['statusMessage', 'span:statusMessage'],
  ['kind', 'span:kind'],
  ['rootName', 'trace:rootName'],
  ['rootServiceName', 'trace:rootService'],
  ['traceDuration', 'trace:duration'],
  ['nestedSetLeft', 'nestedSetLeft'],
  ['nestedSetRight', 'nestedSetRight'],
  ['nestedSetParent', 'nestedSetParent'],
])

const onlyScoped: readonly IntrinsicName[] = [
  'span:id',
  'span:parentID',
  'span:childCount',
  'trace:id',
  'event:name',
  'event:timeSinceStart',
  'link:traceID',
  'link:spanID',
  'instrumentation:name',
  'instrumentation:version',
]

/** Every spelling of an intrinsic. */
const intrinsics: ReadonlyMap<string, IntrinsicName> = new Map([
  ...unscopedIntrinsics,
  ...[...unscopedIntrinsics.values(), ...onlyScoped].map(name => [name, name] as const),
])

const keywords: ReadonlyMap<string, Omit<Static, 'start' | 'end'>> = new Map([
  ...keywordsOf('bool', { true: true, false: false }),
  ...keywordsOf('nil', { nil: null }),
  ...keywordsOf('int', { minInt: -(2n ** 63n), maxInt: 2n ** 63n - 1n }),
  ...sameKeywords<StatusName>('status', ['unset', 'ok', 'error']),
  ...sameKeywords<KindName>('kind', ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']),
])

function keywordsOf(type: Static['type'], values: Record<string, Static['value']>) {
  return Object.entries(values).map(([word, value]) => [word, { kind: 'static', type, value } as const] as const)
}

function sameKeywords<Name extends string>(type: Static['type'], names: readonly Name[]) {
  return keywordsOf(type, Object.fromEntries(names.map(name => [name, name])) as Record<string, Static['value']>)
}

/** A static of a place. The type of the value is the caller's word. */
export function staticOf<Type extends Static['type']>(
  type: Type,
  value: Extract<Static, { type: Type }>['value'],
  { start, end }: Place,
): Extract<Static, { type: Type }> {
  const node: Node & { kind: 'static'; type: Type; value: unknown } = { kind: 'static', type, value, start, end }
  return node as Extract<Static, { type: Type }>
}

/** The static that comes next, without a sign; undefined, and nothing taken, where none does. */
export function acceptStatic(cursor: Cursor): Static | undefined {
  const { token } = cursor
  if (token.kind === 'string' || token.kind === 'int' || token.kind === 'float' || token.kind === 'duration') {
    cursor.take()
    return staticOf<Static['type']>(token.kind, token.value, token)
  }
  const keyword = token.kind === 'word' ? keywords.get(token.text) : undefined
  if (keyword === undefined) return undefined
  cursor.take()
  return staticOf(keyword.type, keyword.value, token)
}

/** The static that comes next; a number or duration may have a `-`. */
export function parseStatic(cursor: Cursor, what: string): Static {
  const { start } = cursor.token
  const negative = cursor.accept('-')
  const value = acceptStatic(cursor)
  if (value === undefined) return cursor.fail(`expected ${what}, got ${cursor.describe()}`)
  if (!negative) return value
  return negated(value, start) ?? cursor.fail(`expected a number after "-"`, value)
}

/** A number or duration with the other sign, as after a `-` at `start`; undefined for other statics. */
export function negated(value: Static, start: number): Static | undefined {
  const place = { start, end: value.end }
  if (value.type === 'float') return staticOf('float', -value.value, place)
  if (value.type === 'duration') return staticOf('duration', -value.value, place)
  return value.type === 'int' && value.value !== -(2n ** 63n) ? staticOf('int', -value.value, place) : undefined
}

/** The attribute or intrinsic that comes next; undefined, and nothing taken, where none does. */
export function acceptField(cursor: Cursor): Field | undefined {
  const { token } = cursor
  if (token.kind === 'attribute') {
    cursor.take()
    return attributeOf(token)
  }
  const name = token.kind === 'word' ? intrinsics.get(token.text) : undefined
  if (name === undefined) return undefined
  cursor.take()
  return { kind: 'intrinsic', name, ofParent: false, start: token.start, end: token.end }
}

/** `parent.duration` is an intrinsic, `parent."duration"` an attribute. */
function attributeOf({ scope, ofParent, name, quoted, start, end }: AttributeToken): Field {
  const intrinsic = ofParent && scope === 'any' && !quoted ? unscopedIntrinsics.get(name) : undefined
  if (intrinsic !== undefined) return { kind: 'intrinsic', name: intrinsic, ofParent, start, end }
  return { kind: 'attribute', scope, name, ofParent, start, end }
}

export function parseField(cursor: Cursor): Field {
  const field = acceptField(cursor)
  if (field === undefined) return cursor.fail(`expected an attribute or intrinsic, got ${cursor.describe()}`)
  return field
}
