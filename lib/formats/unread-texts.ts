const tarMagicOffset = 257
const tarHeaderLength = 512
const tarChecksum = { start: 148, end: 156 }
const blank = 0x20
const minBase64Length = 40
const shownLength = 4096
const column = /^"?[A-Za-z_][\w.:/-]*"?$/
/** A byte of the second column of zlib's table of headers: no text has these two first. */
const zlibLevels = [0x01, 0x5e, 0x9c, 0xda]

/** True for a zlib stream of the usual window of 32 KiB (RFC 1950). */
export function isZlib(head: Buffer): boolean {
  return head[0] === 0x78 && zlibLevels.includes(head[1]!) && !head.subarray(0, 16).every(isText)
}

/** True where the checksum of a tar header fits, as the oldest tar wrote it, or its magic is there. */
export function isTar(head: Buffer): boolean {
  if (head.length < tarHeaderLength) return false
  if (head.toString('latin1', tarMagicOffset, tarMagicOffset + 5) === 'ustar') return true
  const { start, end } = tarChecksum
  const stored = /^[ 0]*([0-7]+)[\0 ]*$/.exec(head.toString('latin1', start, end))
  const sum = head
    .subarray(0, tarHeaderLength)
    .reduce((total, byte, i) => total + (i >= start && i < end ? blank : byte), 0)
  return stored !== null && Number.parseInt(stored[1]!, 8) === sum
}

/** True for ASCII in code units of this many bytes, in either order: every other byte is zero. */
export function isWideText(head: Buffer, unitLength: 2 | 4): boolean {
  const shown = head.subarray(0, Math.min(shownLength, head.length - (head.length % unitLength)))
  if (shown.length < 2 * unitLength) return false
  const hasLetterAt = (place: number) =>
    shown.every((byte, i) => (i % unitLength === place ? isText(byte) : byte === 0))
  return hasLetterAt(0) || hasLetterAt(unitLength - 1)
}

/** True for one long run of base64, in lines or not. */
export function isBase64(head: Buffer): boolean {
  const text = head.toString('latin1', 0, shownLength)
  return text.replace(/\s/g, '').length >= minBase64Length && /^\s*(?:[A-Za-z0-9+/_-]+\r?\n?)+={0,2}\s*$/.test(text)
}

/** True where the first two lines have as many commas, semicolons or tabs, and the first one names columns. */
export function isCsv(head: Buffer): boolean {
  const [first = '', second = ''] = head.toString('utf8', 0, shownLength).trimStart().split(/\r?\n/)
  return [',', ';', '\t'].some(separator => {
    const names = first.split(separator)
    return names.length > 1 && names.length === second.split(separator).length && names.every(name => column.test(name))
  })
}

function isText(byte: number): boolean {
  return (byte >= blank && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)
}
