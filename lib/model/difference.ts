import { type Attributes, isKeyValueList, type Trace, type Value, valueType } from './trace.ts'

/** Where two traces first differ: a path such as `/spans/3/attributes/http.status_code`, and what each has there. */
export interface Difference {
  path: string
  expected: string
  actual: string
}

/** The difference in a line: `/12/spans/3/name: string "a", got string "b"`. */
export function printDifference({ path, expected, actual }: Difference): string {
  return `${path}: ${expected}, got ${actual}`
}

/** The first difference between two traces, or undefined where they are equal in everything the model knows. */
export function firstDifference(expected: Trace, actual: Trace): Difference | undefined {
  return differs(expected, actual, '')
}

/** Equality of values: by type, -0 apart from 0, every NaN equal, order and repeated keys of lists included. */
export function equalValues(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (a === b) return true
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b)
  if (isKeyValueList(a) || isKeyValueList(b))
    return isKeyValueList(a) && isKeyValueList(b) && equalAttributes(a.entries, b.entries)
  return a.length === b.length && a.every((item, i) => equalValues(item, b[i]!))
}

export function equalAttributes(a: Attributes, b: Attributes): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i]!.key !== b[i]!.key || !equalValues(a[i]!.value, b[i]!.value)) return false
  return true
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

type Fields = Record<string, unknown>

/** Pairs of the same object that were found equal: resources and scopes are shared, so most comparisons end here. */
const equalPairs = new WeakMap<object, object>()

function differs(expected: unknown, actual: unknown, path: string): Difference | undefined {
  if (Object.is(expected, actual)) return undefined
  if (!isFields(expected) || !isFields(actual)) {
    if (Array.isArray(expected) && Array.isArray(actual)) return listDiffers(expected, actual, path)
    return { path: path || '/', expected: printValue(expected), actual: printValue(actual) }
  }
  if (equalPairs.get(expected) === actual) return undefined
  for (const field in expected) {
    const a = expected[field]
    const b = actual[field]
    const found = isAttributes(field)
      ? attributesDiffer(a as Attributes, b as Attributes, `${path}/${field}`)
      : differs(a, b, `${path}/${field}`)
    if (found) return found
  }
  for (const field in actual)
    if (!(field in expected))
      return { path: `${path}/${field}`, expected: 'nothing', actual: printValue(actual[field]) }
  if ('schemaUrl' in expected) equalPairs.set(expected, actual)
  return undefined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function isAttributes(field: string): boolean {
  return field === 'attributes' || field === 'entries'
}

function listDiffers(expected: unknown[], actual: unknown[], path: string): Difference | undefined {
  const shared = Math.min(expected.length, actual.length)
  for (let i = 0; i < shared; i++) {
    const found = differs(expected[i], actual[i], `${path}/${i}`)
    if (found) return found
  }
  return lengthDiffers(expected.length, actual.length, path)
}

function lengthDiffers(expected: number, actual: number, path: string): Difference | undefined {
  return expected === actual ? undefined : { path, expected: `${expected} items`, actual: `${actual} items` }
}

function attributesDiffer(expected: Attributes, actual: Attributes | undefined, path: string): Difference | undefined {
  if (actual === undefined) return { path, expected: `${expected.length} items`, actual: 'nothing' }
  const shared = Math.min(expected.length, actual.length)
  for (let i = 0; i < shared; i++) {
    const a = expected[i]!
    const b = actual[i]!
    if (a.key !== b.key)
      return { path: `${path}/${i}`, expected: `key ${JSON.stringify(a.key)}`, actual: `key ${JSON.stringify(b.key)}` }
    if (!equalValues(a.value, b.value))
      return {
        path: `${path}/${a.key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        expected: printTyped(a.value),
        actual: printTyped(b.value),
      }
  }
  return lengthDiffers(expected.length, actual.length, path)
}

function printValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'absent'
  if (typeof value === 'string') return `string ${shorten(JSON.stringify(value))}`
  if (typeof value === 'object') return 'an object'
  return String(value)
}

function printTyped(value: Value): string {
  return `${valueType(value)} ${shorten(printLiteral(value))}`
}

function printLiteral(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (isKeyValueList(value)) return `{${value.entries.map(e => `${JSON.stringify(e.key)}: ${printLiteral(e.value)}`)}}`
  return `[${value.map(printLiteral)}]`
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
