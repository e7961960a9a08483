import { maxValueDepth, type Value } from '../../model/trace.ts'
import { readList } from './message.ts'
import type { JsonReader } from './reader.ts'

/** What forms of values in JSON differ in. */
export interface ValueForm {
  readNumber(reader: JsonReader): Value
  /** An object, which lies within `depth - 1` values. */
  readObject(reader: JsonReader, depth: number): Value
}

/** The value that stands next by its own type; it lies within `depth - 1` others. */
export function readValue(reader: JsonReader, depth: number, form: ValueForm): Value {
  if (depth > maxValueDepth) return reader.fail(`values lie within one another more than ${maxValueDepth} deep`)
  const kind = reader.peek()
  if (kind === 'string') return reader.string()
  if (kind === 'number') return form.readNumber(reader)
  if (kind === 'boolean') return reader.boolean()
  if (kind === 'array') return readList(reader, () => readValue(reader, depth + 1, form))
  if (kind === 'object') return form.readObject(reader, depth)
  reader.null()
  return null
}
