import { crc32 } from 'node:zlib'

/** CRC-32 (IEEE 802.3, as in gzip and PNG) of the bytes: the checksum of every format of ours. */
export function checksum(bytes: Uint8Array): number {
  return crc32(bytes)
}
