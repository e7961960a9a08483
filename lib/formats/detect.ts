import { LabError } from '../error.ts'
import { objectStarts } from '../wire/json/object-starts.ts'
import type { Format } from './format.ts'
import { formats } from './formats.ts'
import { describeBinary, describeText } from './unread.ts'

const shownLength = 40

/**
 * The format that `head`, the first part of the input at `path`, looks like, or the wanted one if it does. What the
 * errors say is for a name in front.
 */
export function detectFormat(head: Uint8Array, path = '-', wanted?: Format): Format {
  const found = findFormat(head, wanted === undefined ? formats : [wanted])
  if (found !== undefined) return found
  const unread = describeBinary(head, path)
  if (unread !== undefined) throw new LabError('unsupported', unread)
  if (wanted !== undefined) throw new LabError('unsupported', `not in the format ${wanted.name}`)
  const text = describeText(head, path)
  if (text !== undefined) throw new LabError('unsupported', text)
  const known = formats.map(({ name, title }) => `${name} (${title})`).join(', ')
  throw new LabError('unsupported', `${describeHead(head)}; the known formats are ${known}`)
}

/** The format of the whole, or of the first of its objects that one knows. */
function findFormat(head: Uint8Array, candidates: readonly Format[]): Format | undefined {
  const knows = (bytes: Uint8Array) => candidates.find(format => format.detect(bytes))
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
