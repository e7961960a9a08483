import { firstKeys } from '../../wire/json/first-keys.ts'
import type { Format } from '../format.ts'
import { readTraces } from './parse.ts'
import { ndjsonParts, writeTraces } from './print.ts'

/** The lab's own NDJSON, of which lib/formats/ndjson/FORMAT.md is the description. */
export const ndjson: Format = {
  name: 'ndjson',
  title: 'NDJSON of this lab',
  detect: head => {
    const keys = firstKeys(head)
    return ['traceId', 'spanId', 'startTimeUnixNano'].every(key => keys.includes(key))
  },
  read: (chunks, losses) => readTraces(chunks, field => losses.drop(field), losses),
  write: writeTraces,
  parts: ndjsonParts,
}
