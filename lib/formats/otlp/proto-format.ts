import { surrogateRefusal } from '../../wire/protobuf/surrogate.ts'
import type { Format } from '../format.ts'
import { readOtlpProto, readOtlpRows, writeOtlpProto } from './proto.ts'
import { looksLikeOtlp } from './proto-detect.ts'
import { protoParts } from './proto-parts.ts'

/** OTLP protobuf: one message, or a stream of messages with their lengths (32 bits, big-endian) in front. */
export const otlpProto: Format = {
  name: 'otlp-proto',
  title: 'OTLP protobuf',
  detect: head => (looksLikeOtlp(head, 0) || looksLikeStream(head)) && !isText(head),
  read: (chunks, losses) => readOtlpProto(chunks, (field, count) => losses.drop(field, count), losses),
  readRows: (chunks, losses, rows, workers) =>
    readOtlpRows(chunks, rows, { dropped: (field, count) => losses.drop(field, count), units: losses, workers }),
  write: writeOtlpProto,
  parts: protoParts,
  refusal: surrogateRefusal,
}

/** True where a message lies behind its length; empty ones in front of it are passed over. */
function looksLikeStream(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  let start = 0
  while (start + 4 < head.length && view.getUint32(start) === 0) start += 4
  return start + 4 < head.length && looksLikeOtlp(head, start + 4)
}

/** True where nothing stands but ASCII, line breaks and tabs: there are lengths that would fit such letters. */
function isText(head: Uint8Array): boolean {
  return head.every(byte => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))
}
