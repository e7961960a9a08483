/**
 * Identity of traces: ids are equal as numbers of 128 bits, so that one of 64 bits and the same padded to 128 name one
 * trace. Each is kept as it was written.
 */

/** A hex id without leading zeros: the same for all spellings of one id. Zero is `0`; the empty id is no number. */
export function traceKey(id: string): string {
  let start = 0
  while (start < id.length - 1 && id.charCodeAt(start) === 0x30) start++
  return start === 0 ? id : id.slice(start)
}

/** True for an id of zeros, or of no digits: it names nothing. */
export function isNoId(id: string): boolean {
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) !== 0x30) return false
  return true
}
