import { LabError } from '../../error.ts'
import { JsonReader } from './reader.ts'

/**
 * The keys of the object that an input begins with, as far as `head`, its first part, goes; those of the objects under
 * `wrappers` among them. `inArray`: the object may be the first item of an array. None where no object begins it.
 */
export function firstKeys(head: Uint8Array, wrappers: readonly string[] = [], inArray = false): string[] {
  const keys: string[] = []
  try {
    const reader = new JsonReader(withoutByteOrderMark(head))
    if (inArray && reader.peek() === 'array') {
      reader.beginArray()
      if (!reader.nextItem()) return keys
    }
    collectKeys(reader, keys, wrappers)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
  }
  return keys
}

function collectKeys(reader: JsonReader, keys: string[], wrappers: readonly string[]): void {
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    keys.push(key)
    if (wrappers.includes(key) && reader.peek() === 'object') collectKeys(reader, keys, [])
    else reader.skip()
  }
}

/** The same bytes without a byte order mark in front. */
export function withoutByteOrderMark(head: Uint8Array): Uint8Array {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head
}
