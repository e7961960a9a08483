import { LabError } from '../error.ts'
import { objectStarts } from '../wire/json/object-starts.ts'
import { blockpack } from './blockpack/input.ts'
import { jaeger } from './jaeger/source.ts'
import { ndjson } from './ndjson/source.ts'
import { otlpJson } from './otlp/json-source.ts'
import { otlpProto } from './otlp/proto-source.ts'
import type { Source } from './source.ts'
import { squeezed } from './squeezed/source.ts'
import { describeBinary, describeText } from './unread.ts'
import { vparquet } from './vparquet/input.ts'
import { zipkin } from './zipkin/source.ts'

/** Every format that traces can come in. Each is told by its first bytes, so the order does not matter. */
export const sources: readonly Source[] = [otlpJson, otlpProto, jaeger, zipkin, ndjson, squeezed, blockpack, vparquet]

const shownLength = 40

/**
 * The source that `head`, the first part of the input at `path`, looks like, or the wanted one if it does. What the
 * errors say is for a name in front.
 */
export function detectSource(head: Uint8Array, path = '-', wanted?: Source): Source {
  const found = findSource(head, wanted === undefined ? sources : [wanted])
  if (found !== undefined) return found
  const unread = describeBinary(head, path)
  if (unread !== undefined) throw new LabError('unsupported', unread)
  if (wanted !== undefined) throw new LabError('unsupported', `not in the format ${wanted.name}`)
  const text = describeText(head, path)
  if (text !== undefined) throw new LabError('unsupported', text)
  const known = sources.map(({ name, title }) => `${name} (${title})`).join(', ')
  throw new LabError('unsupported', `${describeHead(head)}; the known formats are ${known}`)
}

/** The source that `--format` names. */
export function sourceNamed(name: string): Source {
  const found = sources.find(source => source.name === name)
  if (found !== undefined) return found
  throw new LabError('invalid', `format "${name}": none of ${sources.map(source => source.name).join(', ')}`)
}

/** The source of the whole, or of the first of its objects that one knows. */
function findSource(head: Uint8Array, candidates: readonly Source[]): Source | undefined {
  const knows = (bytes: Uint8Array) => candidates.find(source => source.detect(bytes))
  const whole = knows(head)
  if (whole !== undefined) return whole
  for (const start of objectStarts(head)) {
    const found = knows(head.subarray(start))
    if (found !== undefined) return found
  }
  return undefined
}

function describeHead(head: Uint8Array): string {
  if (head.length === 0) return 'the input is empty'
  const text = Buffer.from(head.subarray(0, 1_000)).toString('latin1')
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b/i.test(text)) return 'this is an HTML page, not traces'
  const shown = printBytes(text.slice(0, shownLength))
  return `no traces begin with ${shown}${text.length > shownLength ? '…' : ''}`
}

function printBytes(latin1: string): string {
  const printed = latin1.replace(/[^ -~]/g, byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `'${printed}'`
}
