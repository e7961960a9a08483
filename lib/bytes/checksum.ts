import { crc32 } from 'node:zlib'

/**
 * CRC-32 (IEEE 802.3, as in gzip and PNG) of the bytes: the checksum of every format of ours. `previous` is that of the
 * bytes in front.
 */
export function checksum(bytes: Uint8Array, previous = 0): number {
  return crc32(bytes, previous)
}
