const quote = 0x22
const backslash = 0x5c

/** Where a scan stands in a value that goes on in the next chunk. */
interface Scan {
  depth: number
  inString: boolean
  escaped: boolean
}

/** A scan that stands in front of a value. */
export function newScan(): Scan {
  return { depth: 0, inString: false, escaped: false }
}

/** Where the value ends, of which some may have been scanned before; -1 where it goes on at `limit`. */
export function endOfValue(bytes: Buffer, start: number, limit: number, scan: Scan): number {
  let { depth } = scan
  for (let i = start; i < limit; i++) {
    if (scan.inString) {
      i = endOfString(bytes, i, limit, scan)
      if (i < 0) break
      if (depth === 0) return i + 1
      continue
    }
    const byte = bytes[i]!
    if (byte === quote) scan.inString = true
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i
      if (--depth === 0) return i + 1
    } else if (depth === 0 && (byte === 0x2c || isBlank(byte))) return i
  }
  scan.depth = depth
  return -1
}

/** Where the quote stands that closes the string; -1 where that is at `limit` or behind it. */
function endOfString(bytes: Buffer, start: number, limit: number, scan: Scan): number {
  let i = start
  if (scan.escaped) i++
  scan.escaped = false
  for (; i < limit; i++) {
    const byte = bytes[i]!
    if (byte === quote) {
      scan.inString = false
      return i
    }
    if (byte === backslash) i++
  }
  scan.escaped = i > limit
  return -1
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
