import { type Attributes, isKeyValueList, type Span, type Value } from '../../model/trace.ts'

/** The path, from the span on, of the first string that has no UTF-8: `/attributes/http.url`. */
export function surrogatePath(span: Span): string {
  return fieldsPath(span) ?? ''
}

/** Where and why a span has no place in a format whose strings are UTF-8; undefined where it has. */
export function surrogateRefusal(span: Span): string | undefined {
  const path = fieldsPath(span)
  return path && `${path}: a lone surrogate has no UTF-8; --skip-bad leaves such spans out`
}

function fieldsPath(fields: object): string | undefined {
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    const path = name === 'attributes' ? attributesPath(value as Attributes) : fieldPath(value)
    if (path !== undefined) return `/${name}${path}`
  }
  return undefined
}

function fieldPath(value: unknown): string | undefined {
  if (typeof value === 'string') return textPath(value)
  if (Array.isArray(value)) return itemsPath(value, fieldsPath)
  return typeof value === 'object' && value !== null ? fieldsPath(value) : undefined
}

function attributesPath(attributes: Attributes): string | undefined {
  return itemsPath(attributes, ({ key }) => textPath(key)) ?? entriesPath(attributes)
}

function entriesPath(attributes: Attributes): string | undefined {
  for (const { key, value } of attributes) {
    const path = valuePath(value)
    if (path !== undefined) return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${path}`
  }
  return undefined
}

function valuePath(value: Value): string | undefined {
  if (typeof value === 'string') return textPath(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  return isKeyValueList(value) ? attributesPath(value.entries) : itemsPath(value, valuePath)
}

function itemsPath<T>(items: readonly T[], pathOf: (item: T) => string | undefined): string | undefined {
  for (let i = 0; i < items.length; i++) {
    const path = pathOf(items[i]!)
    if (path !== undefined) return `/${i}${path}`
  }
  return undefined
}

/** The empty path where the string itself has a lone surrogate. */
function textPath(text: string): string | undefined {
  return text.isWellFormed() ? undefined : ''
}
