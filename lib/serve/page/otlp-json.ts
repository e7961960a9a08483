/** Spans and values as the server's JSON has them: bytes in base64, numbers of 64 bits as texts. */

export type AnyValue = Record<string, unknown>

export interface KeyedValue {
  key: string
  value: AnyValue
}

export interface RawSpan {
  spanId: string
  parentSpanId?: string
  name?: string
  kind?: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: KeyedValue[]
  events?: { timeUnixNano: string; name?: string; attributes?: KeyedValue[] }[]
  links?: { traceId: string; spanId: string; attributes?: KeyedValue[] }[]
  status?: { code?: string; message?: string }
}

export interface ResourceSpans {
  resource: { attributes?: KeyedValue[] }
  scopeSpans: { scope: { name?: string; version?: string }; spans: RawSpan[] }[]
}

/** The text of a value of OTLP. */
export function textOf(value: AnyValue): string {
  const [kind, content] = Object.entries(value)[0] ?? []
  if (kind === undefined) return ''
  if (kind === 'arrayValue' || kind === 'kvlistValue') {
    const items = (content as { values?: (AnyValue | KeyedValue)[] }).values ?? []
    const texts = items.map(item =>
      kind === 'kvlistValue' ? `${item.key}: ${textOf(item.value as AnyValue)}` : textOf(item as AnyValue),
    )
    return kind === 'kvlistValue' ? `{${texts.join(', ')}}` : `[${texts.join(', ')}]`
  }
  return String(content)
}

/** An id as its hex digits, out of base64. */
export function hexOf(base64: string): string {
  return [...atob(base64)].map(letter => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}
