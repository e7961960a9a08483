import { LabError } from '../error.ts'
import { blockpack } from './blockpack.ts'
import { jaeger } from './jaeger.ts'
import { ndjson } from './ndjson.ts'
import { otlpJson } from './otlp-json.ts'
import { otlpProto } from './otlp-proto.ts'
import type { Source } from './source.ts'
import { squeezed } from './squeezed.ts'
import { vparquet } from './vparquet.ts'
import { zipkin } from './zipkin.ts'

/** Every format that traces can come in. Each is told by its first bytes, so the order does not matter. */
export const sources: readonly Source[] = [otlpJson, otlpProto, jaeger, zipkin, ndjson, squeezed, blockpack, vparquet]

const shownLength = 40

/** The source that `head`, the first part of an input, looks like. */
export function detectSource(head: Uint8Array): Source {
  const found = sources.find(source => source.detect(head))
  if (found !== undefined) return found
  const known = sources.map(({ name, title }) => `${name} (${title})`).join(', ')
  throw new LabError('unsupported', `${describeHead(head)}; the known formats are ${known}`)
}

/** The source that `--format` names. */
export function sourceNamed(name: string): Source {
  const found = sources.find(source => source.name === name)
  if (found !== undefined) return found
  throw new LabError('invalid', `format "${name}": none of ${sources.map(source => source.name).join(', ')}`)
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
