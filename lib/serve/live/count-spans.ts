import { StringCache } from '../../bytes/string-cache.ts'
import { WireReader } from '../../wire/protobuf/reader.ts'

/** Tags of `resource_spans`, `scope_spans` and `spans`, each within the one before. */
const tags = [0x0a, 0x12, 0x12]

/** How many spans a request of OTLP protobuf has, which are not read; 0 where it cannot be read. */
export function countRequestSpans(request: Buffer): number {
  const wire = new WireReader(request, 0, { strings: new StringCache(1), dropped: () => {} })
  try {
    return countIn(wire, 0)
  } catch {
    return 0
  }
}

function countIn(wire: WireReader, depth: number): number {
  let count = 0
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    const isSpan = tag === tags[depth] && depth === tags.length - 1
    if (isSpan) count++
    if (isSpan || tag !== tags[depth]) wire.drop(tag)
    else
      wire.message('spans', () => {
        count += countIn(wire, depth + 1)
      })
  }
  return count
}
