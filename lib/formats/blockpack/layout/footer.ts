import { checksum } from '../../../bytes/checksum.ts'
import { ByteReader } from '../../../bytes/reader.ts'
import { ByteWriter } from '../../../bytes/writer.ts'
import type { Piece } from './stored.ts'

/** The two ends of a file. */

/** "TLBP", little-endian. */
export const magic = 0x50424c54
/** The version that is written; older ones are read. */
export const version = 2
export const headerBytes = 8
export const footerBytes = 32

/** Where the root is, which ends before the footer, and where the fields begin, which end before the root. */
export interface Footer extends Piece {
  readonly version: number
  readonly fieldsOffset: number
  readonly offset: number
}

export function printHeader(): Buffer {
  const out = new ByteWriter(headerBytes)
  out.u32(magic)
  out.u32(version)
  return out.take()
}

/** Refuses a file that does not begin as a blockpack file. */
export function checkHeader(bytes: Uint8Array): void {
  const reader = new ByteReader(bytes, 'blockpack header')
  if (reader.u32() !== magic) new ByteReader(bytes, 'blockpack header').fail('corrupt', 'not a blockpack file')
  checkVersion(reader)
}

function checkVersion(reader: ByteReader): number {
  const found = reader.u32()
  return found >= 1 && found <= version
    ? found
    : reader.fail('unsupported', `unsupported version ${found} (this build reads 1 to ${version})`)
}

/** Where the fields begin, the sizes of the root, the version, a checksum of these, the magic. */
export function printFooter({ fieldsOffset, storedLength, rawLength }: Omit<Footer, 'offset' | 'version'>): Buffer {
  const out = new ByteWriter(footerBytes)
  out.u64(BigInt(fieldsOffset))
  out.u32(storedLength)
  out.u32(rawLength)
  out.u32(version)
  out.u32(0)
  out.u32(checksum(out.view()))
  out.u32(magic)
  return out.take()
}

/** Reads the footer, the last bytes of a file of `fileLength`. */
export function parseFooter(bytes: Uint8Array, fileLength: number): Footer {
  const start = Math.max(0, fileLength - footerBytes)
  const subject = 'blockpack footer'
  const reader = new ByteReader(bytes, subject, start)
  if (bytes.length < footerBytes || fileLength < headerBytes + footerBytes)
    reader.fail('truncated', `needs ${headerBytes + footerBytes} bytes with the header, the file has ${fileLength}`)
  const tail = new ByteReader(bytes.subarray(footerBytes - 4), subject, start + footerBytes - 4)
  if (tail.u32() !== magic) reader.fail('corrupt', 'no blockpack footer at end of file')
  const fieldsOffset = Number(reader.u64())
  const [storedLength, rawLength] = [reader.u32(), reader.u32()]
  const found = checkVersion(reader)
  const flags = reader.u32()
  if (flags !== 0) reader.fail('unsupported', `flags ${flags}`)
  const sum = checksum(bytes.subarray(0, footerBytes - 8))
  const expected = reader.u32()
  if (sum !== expected) reader.fail('corrupt', `checksum ${expected} expected, found ${sum}`)
  const offset = start - storedLength
  if (fieldsOffset < headerBytes || fieldsOffset > offset)
    reader.fail(
      'corrupt',
      `fields at byte ${fieldsOffset} and a root of ${storedLength} bytes that ends at byte ${start}`,
    )
  return { fieldsOffset, offset, storedLength, rawLength, version: found }
}
