import type { Range, RangeReader } from '../bytes/range.ts'
import { bounds } from './memory.ts'

/**
 * A file that is read from front to back: it is asked for pieces of one size, one after the other, each of which answers many
 * reads while it is held. What is read ahead of the next piece, or behind what is held, is asked for by itself.
 */
export function readInPieces(file: RangeReader, pieceBytes: number, maxHeld: number): RangeReader {
  const { byteLength } = file
  /** By number, the oldest first. */
  const held = new Map<number, Promise<Uint8Array>>()
  let next = 0

  /** The piece of a number, if it is held or its turn. */
  function pieceAt(number: number): Promise<Uint8Array> | undefined {
    if (number !== next) return held.get(number)
    const start = next++ * pieceBytes
    const piece = readOne({ start, end: Math.min(start + pieceBytes, byteLength) })
    held.set(number, piece)
    // A store that failed once may be asked again.
    piece.catch(() => held.delete(number))
    if (held.size > maxHeld) held.delete(held.keys().next().value!)
    return piece
  }

  async function readOne(range: Range): Promise<Uint8Array> {
    const [bytes] = await file.read([range])
    return bytes!
  }

  async function fromPieces(pieces: readonly Promise<Uint8Array>[], from: number, to: number): Promise<Uint8Array> {
    const read = await Promise.all(pieces)
    return (read.length === 1 ? read[0]! : Buffer.concat(read)).subarray(from, to)
  }

  async function readRange(range: Range): Promise<Uint8Array> {
    const [start, end] = bounds(range, byteLength)
    if (start === end) return new Uint8Array(0)
    const first = Math.floor(start / pieceBytes)
    const pieces: Promise<Uint8Array>[] = []
    for (let number = first; number * pieceBytes < end; number++) {
      const piece = pieceAt(number)
      if (piece === undefined) return readOne(range)
      pieces.push(piece)
    }
    const before = first * pieceBytes
    return fromPieces(pieces, start - before, end - before)
  }

  return { byteLength, read: async ranges => Promise.all(ranges.map(readRange)) }
}
