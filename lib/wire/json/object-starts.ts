import { bufferOf } from '../../bytes/buffer.ts'
import { LabError } from '../../error.ts'
import { withoutByteOrderMark } from './first-keys.ts'
import { JsonReader } from './reader.ts'

const maxStarts = 4096
const maxBroken = 100
const maxArrayDepth = 2
const lineBegin = /\n[{[]/
const blanks = /^[\t\n\r ]*$/
const jsonBegin = /^[\t\n\r ]*[{[]/

/**
 * Where the first objects of an input begin whose first part is `head`: those that follow one another, or lie in arrays
 * at most two deep; 4,096 of them at the most. Behind one that is broken or cut the search goes on with the next
 * line that may begin another, 100 times at the most. None where the input begins with anything else.
 */
export function objectStarts(head: Uint8Array): readonly number[] {
  const starts: number[] = []
  if (!mayBeJson(head)) return starts
  const whole = bufferOf(head)
  let start = head.length - withoutByteOrderMark(head).length
  for (let i = 0; i < maxBroken && start < whole.length && starts.length < maxStarts; i++)
    start = collectStarts(whole, start, starts)
  return starts
}

/** True where nothing but blanks stands in front of a JSON object or array, or nothing else at all. */
export function mayBeJson(head: Uint8Array): boolean {
  const text = Buffer.from(withoutByteOrderMark(head)).toString('latin1')
  return jsonBegin.test(text) || blanks.test(text)
}

/** Collects from `start` on; returns where to go on behind what is broken, or the end. */
function collectStarts(whole: Buffer, start: number, starts: number[]): number {
  const reader = new JsonReader(whole.subarray(start))
  let begin = start
  try {
    while (!reader.isAtEnd() && starts.length < maxStarts) {
      begin = start + reader.mark()
      collectFrom(reader, start, starts, 0)
    }
    return whole.length
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    const rest = whole.toString('latin1', begin).search(lineBegin)
    return rest < 0 ? whole.length : begin + rest + 1
  }
}

function collectFrom(reader: JsonReader, start: number, starts: number[], depth: number): void {
  const kind = reader.peek()
  if (kind === 'object') starts.push(start + reader.mark())
  if (kind !== 'array' || depth === maxArrayDepth) return reader.skip()
  reader.beginArray()
  while (reader.nextItem()) collectFrom(reader, start, starts, depth + 1)
}
