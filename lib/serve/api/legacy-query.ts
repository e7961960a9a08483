import { LabError } from '../../error.ts'
import { formatDuration } from '../../traceql/engine/answer-value.ts'
import type { Parameters } from './parameters.ts'

/** Names that stand for more than an attribute. */
const named = new Map([
  ['name', 'name'],
  ['status.code', 'status'],
  ['root.name', 'rootName'],
  ['root.service.name', 'rootServiceName'],
])

/** A pair of logfmt: a key, and a value that may be quoted. */
const pairPattern = /\s*([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)/y

/**
 * The search of the parameters that stood before TraceQL: `tags`, pairs in logfmt that all must match, and bounds of the
 * trace's duration.
 */
export function legacyQuery(parameters: Parameters): string {
  const conditions = pairs(parameters.text('tags') ?? '').map(condition)
  const least = parameters.duration('minDuration')
  const most = parameters.duration('maxDuration')
  if (least !== undefined) conditions.push(`trace:duration >= ${formatDuration(Number(least))}`)
  if (most !== undefined) conditions.push(`trace:duration <= ${formatDuration(Number(most))}`)
  return `{ ${conditions.join(' && ')} }`
}

function pairs(text: string): [key: string, value: string][] {
  const found: [string, string][] = []
  pairPattern.lastIndex = 0
  while (pairPattern.lastIndex < text.length) {
    const at = pairPattern.lastIndex
    const [, key, value] = pairPattern.exec(text) ?? []
    if (key === undefined) throw new LabError('invalid', `tags: needs key=value, found ${text.slice(at, at + 40)}`)
    found.push([key, unquoted(value!)])
  }
  return found
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
}

function condition([key, value]: [string, string]): string {
  if (key === 'error') return value === 'true' ? 'status = error' : 'status != error'
  const field = named.get(key)
  if (field === 'status') return `status = ${value}`
  if (field !== undefined) return `${field} = ${JSON.stringify(value)}`
  const attribute = `.${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}`
  const isTyped = /^(?:-?\d{1,15}(?:\.\d+)?|true|false)$/.test(value)
  const asText = `${attribute} = ${JSON.stringify(value)}`
  return isTyped ? `(${asText} || ${attribute} = ${value})` : asText
}
