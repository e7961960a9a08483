import type { Attributes, Span, Value } from '../model/trace.ts'

/** A condition of OTTL on one span, of those that are no more than a comparison of a field with a literal. */
export type SpanCondition = (span: Span) => boolean

const comparison =
  /^\s*(?:span\.)?(resource\.)?(attributes\["([^"\\]+)"\]|name|kind|status\.code)\s*(==|!=)\s*(.+?)\s*$/

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statuses = ['UNSET', 'OK', 'ERROR']

/** The condition as a function; undefined where it is more than a comparison. */
export function parseCondition(text: string): SpanCondition | undefined {
  const [, resource, field, key, operator, literal] = comparison.exec(text) ?? []
  if (field === undefined || (resource !== undefined && key === undefined)) return undefined
  const operand = parseLiteral(literal!)
  if (operand === undefined) return undefined
  const fieldOf = (span: Span): Value | undefined => {
    if (key !== undefined) return valueIn(resource === undefined ? span.attributes : span.resource?.attributes, key)
    if (field === 'name') return span.name
    return BigInt(field === 'kind' ? span.kind : (span.status?.code ?? 0))
  }
  const isSame = (span: Span) => (fieldOf(span) ?? null) === operand
  return operator === '==' ? isSame : span => !isSame(span)
}

function valueIn(attributes: Attributes | undefined, key: string): Value | undefined {
  return attributes?.find(attribute => attribute.key === key)?.value
}

function parseLiteral(text: string): Value | undefined {
  if (/^"[^"\\]*"$/.test(text)) return text.slice(1, -1)
  if (/^-?\d+$/.test(text)) return BigInt(text)
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'nil') return null
  return enumValue('SPAN_KIND_', kinds, text) ?? enumValue('STATUS_CODE_', statuses, text)
}

function enumValue(prefix: string, names: readonly string[], text: string): bigint | undefined {
  const value = text.startsWith(prefix) ? names.indexOf(text.slice(prefix.length)) : -1
  return value < 0 ? undefined : BigInt(value)
}
