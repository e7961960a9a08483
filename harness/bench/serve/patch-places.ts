import { StringCache } from '../../../lib/bytes/string-cache.ts'
import { WireReader } from '../../../lib/wire/protobuf/reader.ts'

/** Where ids and times are in the bytes of a message of OTLP protobuf. */
export interface PatchPlaces {
  /** The first bytes of ids of traces and spans. */
  readonly ids: number[]
  /** The first bytes of times: 64 bits, little-endian. */
  readonly times: number[]
}

/** The message of fields that lead to the spans, by number; a span's own are below. */
const toSpan = [1, 2, 2]
const idFields = new Set([1, 2, 4])
const timeFields = new Set([7, 8])
const eventField = 11

export function findPlaces(bytes: Buffer): PatchPlaces {
  const places: PatchPlaces = { ids: [], times: [] }
  const wire = new WireReader(bytes, 0, { strings: new StringCache(), dropped: () => {} })
  visit(wire, 0, places)
  return places
}

function visit(wire: WireReader, depth: number, places: PatchPlaces): void {
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (depth === toSpan.length) visitSpanField(wire, tag, places)
    else if (tag === toSpan[depth]! * 8 + 2) wire.message('', () => visit(wire, depth + 1, places))
    else wire.skip(tag)
  }
}

function visitSpanField(wire: WireReader, tag: number, { ids, times }: PatchPlaces): void {
  const [field, isBytes] = [tag >>> 3, (tag & 7) === 2]
  if (isBytes && idFields.has(field)) {
    const { start, end } = wire.range('')
    if (end > start) ids.push(start)
  } else if (isBytes && field === eventField) {
    wire.message('', () => visitEvent(wire, times))
  } else {
    if (timeFields.has(field)) times.push(wire.position)
    wire.skip(tag)
  }
}

function visitEvent(wire: WireReader, times: number[]): void {
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 9) times.push(wire.position)
    wire.skip(tag)
  }
}
