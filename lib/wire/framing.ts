import { checksum } from '../bytes/checksum.ts'
import type { RangeReader } from '../bytes/range.ts'
import { ByteReader } from '../bytes/reader.ts'

/** The parts of a file that are read one after another: heads of unknown length, and what their checksums are of. */

/** A cursor over the bytes `[start, end)` of a file, or as many of them as there are. */
export async function readWindow(file: RangeReader, start: number, end: number, subject: string): Promise<ByteReader> {
  const [bytes] = await file.read([{ start, end: Math.max(start, Math.min(end, file.byteLength)) }])
  return new ByteReader(bytes!, subject, start)
}

/** A place in a file, to fail at. */
export function placeOf(subject: string, at: number): ByteReader {
  return new ByteReader(new Uint8Array(), subject, at)
}

/** Fails unless the file has `byteLength` more bytes from `end` on. */
export function checkRest(
  file: Pick<RangeReader, 'byteLength'>,
  head: ByteReader,
  end: number,
  byteLength: number,
): void {
  const rest = file.byteLength - end
  if (byteLength > rest) head.fail('truncated', `needs ${byteLength} bytes, the file has ${rest} more`)
}

export function checkVersion(reader: ByteReader, found: number, known: number, oldest: number = known): void {
  if (found >= oldest && found <= known) return
  const range = oldest === known ? known : `${oldest} to ${known}`
  reader.fail('unsupported', `unsupported version ${found} (this build reads ${range})`)
}

/** Fails unless the bytes, which begin there, have this checksum; `previous` is that of what counts before them. */
export function checkSum(bytes: Uint8Array, expected: number, subject: string, at: number, previous = 0): void {
  const actual = checksum(bytes, previous)
  if (actual !== expected)
    placeOf(subject, at).fail('corrupt', `checksum ${hex(expected)} expected, found ${hex(actual)}`)
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0')
}

/** Fails unless the totals that a file ends with are those of what was read, and nothing follows. */
export function checkEnd(
  file: Pick<RangeReader, 'byteLength'>,
  subject: string,
  end: number,
  declared: Readonly<Record<string, number>>,
  found: readonly number[],
): void {
  const place = placeOf(subject, end)
  const names = Object.keys(declared).join(', ')
  const numbers = Object.values(declared)
  if (numbers.some((count, i) => count !== found[i]))
    place.fail('corrupt', `says ${numbers.join(', ')} (${names}), read ${found.join(', ')}`)
  if (end !== file.byteLength) place.fail('corrupt', `${file.byteLength - end} bytes follow`)
}
