/** A message by the tags that its fields may have: what lies in them, or how many bytes it takes at most. */
type Shape = ReadonlyMap<number, Shape | number>

const any = Number.POSITIVE_INFINITY

const attribute: Shape = new Map<number, Shape | number>([
  [0x0a, any],
  [0x12, any],
  [0x18, 5],
])

const resource: Shape = new Map<number, Shape | number>([
  [0x0a, attribute],
  [0x10, 5],
  [0x1a, any],
])

const scope: Shape = new Map<number, Shape | number>([
  [0x0a, any],
  [0x12, any],
  [0x1a, attribute],
  [0x20, 5],
])

const span: Shape = new Map<number, Shape | number>([
  [0x0a, 16],
  [0x12, 8],
  [0x1a, any],
  [0x22, 8],
  [0x2a, any],
  [0x30, 10],
  [0x39, 8],
  [0x41, 8],
  [0x4a, attribute],
  [0x50, 5],
  [0x5a, any],
  [0x60, 5],
  [0x6a, any],
  [0x70, 5],
  [0x7a, any],
  [0x85, 4],
])

const scopeSpans: Shape = new Map<number, Shape | number>([
  [0x0a, scope],
  [0x12, span],
  [0x1a, any],
])

const resourceSpans: Shape = new Map<number, Shape | number>([
  [0x0a, resource],
  [0x12, scopeSpans],
  [0x1a, any],
  [1000 * 8 + 2, scopeSpans],
])

const maxMessageLength = 2 ** 31

/** Where a look at a message stands. */
interface Look {
  head: Uint8Array
  position: number
  fieldCount: number
}

/**
 * True where a TracesData may begin at `start` of the input whose first part is `head`: its first ResourceSpans has
 * known fields only, with lengths that fit into one another, as far as the head goes, and at least one.
 */
export function looksLikeTraces(head: Uint8Array, start: number): boolean {
  const look: Look = { head, position: start + 1, fieldCount: 0 }
  if (head[start] !== 0x0a) return false
  const byteLength = varint(look)
  if (byteLength === undefined || byteLength > maxMessageLength) return false
  const end = look.position + byteLength
  return fits(look, end, resourceSpans) && (look.fieldCount > 0 || (byteLength === 0 && end === head.length))
}

/** Goes over a message's fields up to `end` or the end of the head. */
function fits(look: Look, end: number, shape: Shape): boolean {
  while (look.position < end && look.position < look.head.length) {
    const tag = varint(look)
    if (tag === undefined) return isCut(look)
    const content = shape.get(tag)
    if (content === undefined || !fieldFits(look, tag, end, content)) return false
  }
  return look.position >= look.head.length || look.position === end
}

function fieldFits(look: Look, tag: number, end: number, content: Shape | number): boolean {
  const wireType = tag % 8
  if (wireType !== 2) return numberFits(look, wireType, end, content as number)
  const byteLength = varint(look)
  if (byteLength === undefined) return isCut(look)
  const fieldEnd = look.position + byteLength
  if (fieldEnd > end) return false
  look.fieldCount++
  if (typeof content !== 'number') return fits(look, fieldEnd, content)
  look.position = fieldEnd
  return byteLength <= content
}

function numberFits(look: Look, wireType: number, end: number, maxByteLength: number): boolean {
  const start = look.position
  if (wireType !== 0) look.position += maxByteLength
  else if (varint(look) === undefined) return isCut(look)
  look.fieldCount++
  return look.position <= end && look.position - start <= maxByteLength
}

function isCut({ head, position }: Look): boolean {
  return position >= head.length
}

/** The varint that stands next; undefined where it goes past the head or has more than 10 bytes. */
function varint(look: Look): number | undefined {
  let value = 0
  for (let i = 0; i < 10 && look.position < look.head.length; i++) {
    const byte = look.head[look.position++]!
    value += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return value
  }
  return undefined
}
