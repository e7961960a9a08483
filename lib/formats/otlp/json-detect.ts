import { LabError } from '../../error.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { documentShape } from './json.ts'

const arrays = [...documentShape.arrays, ...documentShape.others]

/** True where an object begins `head`, the first part of an input, that is a document of OTLP or lies around one. */
export function looksLikeDocument(head: Uint8Array): boolean {
  try {
    const reader = new JsonReader(head)
    return reader.peek() === 'object' && holdsArray(reader, 0)
  } catch (error) {
    if (error instanceof LabError) return false
    throw error
  }
}

function holdsArray(reader: JsonReader, depth: number): boolean {
  const kind = depth > documentShape.maxWrapperDepth ? 'null' : reader.peek()
  if (kind === 'array') {
    reader.beginArray()
    while (reader.nextItem()) if (holdsArray(reader, depth + 1)) return true
  } else if (kind === 'object') {
    reader.beginObject()
    for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
      if (arrays.includes(key) && ['array', 'null'].includes(reader.peek())) return true
      if (holdsArray(reader, depth + 1)) return true
    }
  } else reader.skip()
  return false
}
