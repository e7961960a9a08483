import { ChunkInput } from '../../bytes/chunk-input.ts'
import type { Located, Range } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import type { DocumentReport } from '../../wire/json/split.ts'
import { maxGroupDepth } from '../../wire/protobuf/reader.ts'
import { looksLikeOtlp, otherSignalOf } from './proto-detect.ts'

const maxGroupLength = 2 ** 30
const headLength = 4096
/** Bytes of a tag and of the length of what is held: 4 of these, that is 256 MiB. */
const maxHeldHead = 5

/** ResourceSpans that lie in the same bytes. */
export interface Groups extends Located {
  readonly ranges: readonly Range[]
}

/**
 * The ResourceSpans of the input, each held whole, without holding the message around it. The input is one TracesData,
 * or a stream of them that each have their length in front, 32 bits big-endian. What holds other signals is passed over;
 * `units` decides about messages whose fields do not fit into them.
 */
export async function* splitTraces(
  chunks: AsyncIterable<Uint8Array>,
  report: DocumentReport,
  units: Units = strictUnits,
): AsyncIterable<Groups> {
  const input = new Input(chunks)
  try {
    await input.bytes.fill(headLength)
    if (!isLengthPrefixed(input.bytes.held)) return yield* message(input, report, units)
    while ((await input.bytes.fill(4)) > 0) {
      if (input.bytes.held.length < 4)
        return units.bad('rest of the file', input.error(`a length takes 4 bytes, ${input.bytes.held.length} are left`))
      const byteLength = input.bytes.take(4).readUInt32BE()
      input.end = input.offset + byteLength
      yield* message(input, report, units)
    }
  } finally {
    await input.bytes.close()
  }
}

/** True where a message's length stands in front of it. */
function isLengthPrefixed(head: Uint8Array): boolean {
  return head[0] === 0 || (!looksLikeOtlp(head, 0) && looksLikeOtlp(head, 4))
}

/** The fields of one message as far as they can be told apart; then the input stands behind it. */
async function* message(input: Input, report: DocumentReport, units: Units): AsyncIterable<Groups> {
  try {
    yield* fields(input, report)
  } catch (error) {
    const isPassed = units.skipsBad && (await input.skipToEnd())
    units.bad(isPassed ? 'message' : 'rest of the file', error)
  }
}

/** The fields of a message, which ends where the input's `end` is, or with the input where that is infinite. */
async function* fields(input: Input, report: DocumentReport): AsyncIterable<Groups> {
  const passed = new Set<string>()
  const { end } = input
  while (input.offset < end) {
    const held = input.takeHeld()
    if (held.ranges.length > 0) yield held
    const start = input.offset
    if (start >= end) return
    if ((await input.bytes.fill(1)) === 0) {
      if (end === Number.POSITIVE_INFINITY) return
      input.fail(`the message ends at byte ${end}`)
    }
    const tag = await input.varint()
    if (tag === 0x0a) {
      const byteLength = await fieldLength(input, tag, start)
      const located = await resourceSpans(input, byteLength)
      const signal = otherSignalOf(located.bytes)
      if (signal === undefined) yield { ...located, ranges: [{ start: 0, end: byteLength }] }
      else if (!passed.has(signal)) report.passed(signal)
      if (signal !== undefined) passed.add(signal)
    } else {
      await skipField(input, tag, start)
      report.dropped(String(Math.floor(tag / 8)))
    }
  }
}

async function resourceSpans(input: Input, byteLength: number): Promise<Located> {
  const { offset } = input
  if (byteLength > maxGroupLength)
    throw new LabError('unsupported', `byte ${offset}: resourceSpans: ${byteLength} bytes, at most ${maxGroupLength}`)
  const held = await input.bytes.fill(byteLength)
  if (held < byteLength) input.fail(`resourceSpans: ${byteLength} bytes should follow, ${held} are left`)
  return { bytes: input.bytes.take(byteLength), offset }
}

/** Passes over the value of a field that is not known; `start` is where its tag stands. */
async function skipField(input: Input, tag: number, start: number, depth = 0): Promise<void> {
  if (tag % 8 !== 3) return input.skip(await fieldLength(input, tag, start))
  const fieldNumber = Math.floor(tag / 8)
  if (depth > maxGroupDepth) input.fail(`groups lie within one another more than ${maxGroupDepth} deep`, 'corrupt')
  for (;;) {
    const at = input.offset
    if (at >= input.end || (await input.bytes.fill(1)) === 0)
      input.fail(`the message ends inside group ${fieldNumber}`, 'corrupt')
    const inner = await input.varint()
    if (inner === tag + 1) return
    await skipField(input, inner, at, depth + 1)
  }
}

/** The bytes that the value of a field takes behind its tag, and behind its length where it has one. */
async function fieldLength(input: Input, tag: number, start: number): Promise<number> {
  const byteLength = await lengthOf(input, tag)
  if (input.offset + byteLength > input.end)
    throw new LabError(
      'corrupt',
      `byte ${start}: a field of ${byteLength} bytes, the message ends at byte ${input.end}`,
    )
  return byteLength
}

async function lengthOf(input: Input, tag: number): Promise<number> {
  const fieldNumber = Math.floor(tag / 8)
  if (fieldNumber === 0) input.fail('a tag of field number 0', 'corrupt')
  switch (tag % 8) {
    case 0:
      return input.varintLength()
    case 1:
      return 8
    case 2:
      return await input.varint()
    case 4:
      return input.fail(`group ${fieldNumber} ends and never began`, 'corrupt')
    case 5:
      return 4
    default:
      return input.fail(`field ${fieldNumber} has the wire type ${tag % 8}`, 'unsupported')
  }
}

/** The range after the length that stands there; undefined for one of more than 4 bytes. */
function rangeAt(bytes: Uint8Array, start: number): Range | undefined {
  let byteLength = 0
  for (let i = 0; i < maxHeldHead - 1; i++) {
    const byte = bytes[start + i]!
    byteLength |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return { start: start + i + 1, end: start + i + 1 + byteLength }
  }
  return undefined
}

/** The input, and where the message ends that is read: no varint goes past it. */
class Input {
  readonly bytes: ChunkInput
  end: number = Number.POSITIVE_INFINITY

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.bytes = new ChunkInput(chunks)
  }

  get offset(): number {
    return this.bytes.offset
  }

  /** The ResourceSpans that are held whole and stand next, up to the first that holds another signal. */
  takeHeld(): Groups {
    const { held, offset } = this.bytes
    const end = Math.min(held.length, this.end - offset)
    const ranges: Range[] = []
    let position = 0
    while (end - position > maxHeldHead && held[position] === 0x0a) {
      const range = rangeAt(held, position + 1)
      if (range === undefined || range.end > end) break
      if (otherSignalOf(held.subarray(range.start, range.end)) !== undefined) break
      ranges.push(range)
      position = range.end
    }
    this.bytes.take(position)
    return { bytes: held, offset, ranges }
  }

  async skip(byteLength: number): Promise<void> {
    const missing = await this.bytes.skip(byteLength)
    if (missing > 0) this.fail(`${missing} bytes should follow`)
  }

  /** Passes over what is left of the message; false where the input ends before, or all of it is one message. */
  async skipToEnd(): Promise<boolean> {
    return (await this.bytes.skip(this.end - this.offset)) <= 0
  }

  /** A varint of at most 2^53 - 1. */
  async varint(): Promise<number> {
    const byteLength = await this.varintLength()
    const bytes = this.bytes.held.subarray(0, byteLength)
    const value = bytes.reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0)
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a varint exceeds 2^53 - 1', 'corrupt')
    this.bytes.take(byteLength)
    return value
  }

  /** The bytes that the next varint takes. */
  async varintLength(): Promise<number> {
    const held = Math.min(await this.bytes.fill(10), this.end - this.offset)
    const last = this.bytes.held.subarray(0, held).findIndex(byte => byte < 0x80)
    if (last >= 0) return last + 1
    return held < 10 ? this.fail('ends inside a varint') : this.fail('a varint is longer than 10 bytes', 'corrupt')
  }

  error(message: string, kind: 'truncated' | 'corrupt' | 'unsupported' = 'truncated'): LabError {
    return new LabError(kind, `byte ${this.offset}: ${message}`)
  }

  fail(message: string, kind?: 'truncated' | 'corrupt' | 'unsupported'): never {
    throw this.error(message, kind)
  }
}
