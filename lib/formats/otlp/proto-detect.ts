/**
 * A message by the tags that its fields may have: what lies in them, how many bytes it takes at most, or a proof, which
 * nothing but this message has in its place.
 */
class Shape {
  /** By tag; of fields of high numbers in a map. */
  readonly #content: (Content | undefined)[] = []
  readonly #far = new Map<number, Content>()
  readonly #fields = new Set<number>()

  constructor(contents: Iterable<readonly [tag: number, content: Content]>) {
    for (const [tag, content] of contents) {
      if (tag < maxNearTag) this.#content[tag] = content
      else this.#far.set(tag, content)
      this.#fields.add(Math.floor(tag / 8))
    }
  }

  get(tag: number): Content | undefined {
    return tag < maxNearTag ? this.#content[tag] : this.#far.get(tag)
  }

  /** True where it has the tag's field, with whatever wire type. */
  hasField(tag: number): boolean {
    return this.#fields.has(Math.floor(tag / 8))
  }
}

type Content = Shape | number | Proof

const maxNearTag = 256

/** Exactly this many bytes prove the message; fewer fit. */
interface Proof {
  byteLength: number
}

const any = Number.POSITIVE_INFINITY
const time: Proof = { byteLength: 8 }
const id: Proof = { byteLength: 16 }

const attribute = new Shape([
  [0x0a, any],
  [0x12, any],
  [0x18, 5],
])

const resource = new Shape([
  [0x0a, attribute],
  [0x10, 5],
  [0x1a, any],
])

const scope = new Shape([
  [0x0a, any],
  [0x12, any],
  [0x1a, attribute],
  [0x20, 5],
])

const span = new Shape([
  [0x0a, id],
  [0x12, 8],
  [0x1a, any],
  [0x22, 8],
  [0x2a, any],
  [0x30, 10],
  [0x39, time],
  [0x41, time],
  [0x4a, attribute],
  [0x50, 5],
  [0x5a, any],
  [0x60, 5],
  [0x6a, any],
  [0x70, 5],
  [0x7a, any],
  [0x85, 4],
])

const logRecord = new Shape([
  [0x09, time],
  [0x10, 5],
  [0x1a, any],
  [0x2a, any],
  [0x32, attribute],
  [0x38, 5],
  [0x45, 4],
  [0x4a, 16],
  [0x52, 8],
  [0x59, time],
  [0x62, any],
])

/** Of a data point, whatever its kind, the times alone. */
const dataPoints = new Shape([
  [
    0x0a,
    new Shape([
      [0x11, time],
      [0x19, time],
    ]),
  ],
  [0x10, 5],
  [0x18, 1],
])

const metric = new Shape([
  [0x0a, any],
  [0x12, any],
  [0x1a, any],
  [0x2a, dataPoints],
  [0x3a, dataPoints],
  [0x4a, dataPoints],
  [0x52, dataPoints],
  [0x5a, dataPoints],
  [0x62, attribute],
])

const resourceSpans = resourceOf(span, { resource, scope }, [1000 * 8 + 2])
const otherSignals = [
  { name: 'resourceLogs', record: logRecord },
  { name: 'resourceMetrics', record: metric },
].map(({ name, record }) => ({
  name,
  shape: resourceOf(record),
  /** With any content of resources and scopes: what does not fit this is seen soon. */
  outline: resourceOf(record, { resource: any, scope: any }),
}))

/** The ResourceSpans of spans, and its like of other records; `olderTags` are those that groups of them had before. */
function resourceOf(
  record: Shape,
  shared: { resource: Content; scope: Content } = { resource, scope },
  olderTags: readonly number[] = [],
): Shape {
  const group = new Shape([
    [0x0a, shared.scope],
    [0x12, record],
    [0x1a, any],
  ])
  const groups = [0x12, ...olderTags].map((tag): [number, Content] => [tag, group])
  return new Shape([[0x0a, shared.resource], ...groups, [0x1a, any]])
}

const maxMessageLength = 2 ** 31

/** Where a look at a message stands. */
interface Look {
  head: Uint8Array
  position: number
  fieldCount: number
  unknownCount: number
  isProved: boolean
}

/**
 * True where a message of traces, logs or metrics may begin at `start` of the input whose first part is `head`: the
 * lengths of its first ResourceSpans or its like fit into one another as far as the head goes, and it has a field. Where
 * some are unknown, or it holds no spans, a proof is needed.
 */
export function looksLikeOtlp(head: Uint8Array, start: number): boolean {
  const look = newLook(head, start)
  while (head[look.position] !== 0x0a) if (!skipsUnknown(look, head.length)) return false
  look.position++
  const byteLength = varint(look)
  if (byteLength === undefined || byteLength > maxMessageLength) return false
  const end = look.position + byteLength
  const inner = (shape: Shape) => {
    const found = { ...look }
    return fits(found, end, shape) ? found : undefined
  }
  if (otherSignals.some(({ shape }) => inner(shape)?.isProved)) return true
  const spans = inner(resourceSpans)
  if (spans === undefined) return false
  if (spans.unknownCount > 0) return spans.isProved
  return spans.fieldCount > 0 || (byteLength === 0 && end === head.length)
}

/** The signal, by its name in JSON, that the fields of a ResourceSpans or its like hold; undefined for spans. */
export function otherSignalOf(bytes: Uint8Array): string | undefined {
  for (const { name, shape, outline } of otherSignals) {
    if (!fits(newLook(bytes, 0), bytes.length, outline)) continue
    const look = newLook(bytes, 0)
    if (fits(look, bytes.length, shape) && look.isProved) return name
  }
  return undefined
}

function newLook(head: Uint8Array, position: number): Look {
  return { head, position, fieldCount: 0, unknownCount: 0, isProved: false }
}

/** Goes over a message's fields up to `end` or the end of the head. */
function fits(look: Look, end: number, shape: Shape): boolean {
  while (look.position < end && look.position < look.head.length) {
    const start = look.position
    const tag = varint(look)
    if (tag === undefined) return isCut(look)
    const content = shape.get(tag)
    if (content !== undefined) {
      if (!fieldFits(look, tag, end, content)) return false
      continue
    }
    look.position = start
    if (shape.hasField(tag) || !skipsUnknown(look, end)) return false
  }
  return look.position >= look.head.length || look.position === end
}

/** By wire type: the bytes that a field takes at most. */
const maxLengths: readonly (number | undefined)[] = [10, 8, any, undefined, undefined, 4]

/** Passes over a field of any number; false where it does not fit. */
function skipsUnknown(look: Look, end: number): boolean {
  const tag = varint(look)
  if (tag === undefined || tag < 8) return false
  look.unknownCount++
  const byteLength = maxLengths[tag % 8]
  return byteLength !== undefined && look.position < end && fieldFits(look, tag, end, byteLength)
}

function fieldFits(look: Look, tag: number, end: number, content: Content): boolean {
  const wireType = tag % 8
  if (wireType !== 2) return numberFits(look, wireType, end, content as number | Proof)
  const byteLength = varint(look)
  if (byteLength === undefined) return isCut(look)
  const fieldEnd = look.position + byteLength
  if (fieldEnd > end) return false
  look.fieldCount++
  if (content instanceof Shape) return fits(look, fieldEnd, content)
  look.position = fieldEnd
  return lengthFits(look, byteLength, content as number | Proof)
}

function numberFits(look: Look, wireType: number, end: number, content: number | Proof): boolean {
  const start = look.position
  if (wireType !== 0) look.position += typeof content === 'number' ? content : content.byteLength
  else if (varint(look) === undefined) return isCut(look)
  look.fieldCount++
  return look.position <= end && lengthFits(look, look.position - start, content)
}

function lengthFits(look: Look, byteLength: number, content: number | Proof): boolean {
  if (typeof content === 'number') return byteLength <= content
  look.isProved ||= byteLength === content.byteLength
  return byteLength <= content.byteLength
}

function isCut({ head, position }: Look): boolean {
  return position >= head.length
}

/** The varint that stands next; undefined where it goes past the head or has more than 10 bytes. */
function varint(look: Look): number | undefined {
  const first = look.head[look.position]!
  if (first < 0x80 && look.position < look.head.length) {
    look.position++
    return first
  }
  let value = 0
  for (let i = 0; i < 10 && look.position < look.head.length; i++) {
    const byte = look.head[look.position++]!
    value += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return value
  }
  return undefined
}
