import { bufferOf } from '../../bytes/buffer.ts'

const newline = 0x0a
const shownLength = 128

/** The same bytes in chunks in which at least 128 bytes stand behind the end of a line, where the input has so many. */
export async function* keepLineBegins(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const whole = bufferOf(bytes)
    const cut = whole.indexOf(newline, Math.max(0, whole.length - shownLength))
    held = cut < 0 ? Buffer.alloc(0) : whole.subarray(cut)
    const kept = cut < 0 ? whole : whole.subarray(0, cut)
    if (kept.length > 0) yield kept
  }
  if (held.length > 0) yield held
}

/** The first position at or behind `from` at which a line begins that matches; the length of the chunk where none does. */
export function findLineBegin(chunk: Buffer, from: number, pattern: RegExp): number {
  for (let search = Math.max(0, from - 1); ; ) {
    const end = chunk.indexOf(newline, search)
    if (end < 0) return chunk.length
    if (pattern.test(chunk.toString('latin1', end + 1, end + 1 + shownLength))) return end + 1
    search = end + 1
  }
}
