/**
 * WTF-8 (Simon Sapin, 2014): UTF-8 in which a lone surrogate takes the three bytes that its number would.
 * For the rare strings that are no well-formed Unicode and so have no UTF-8.
 */
export function encodeWtf8(text: string): Buffer {
  const parts: Buffer[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    parts.push(isSurrogate(code) ? surrogateBytes(code) : Buffer.from(character))
  }
  return Buffer.concat(parts)
}

/** The string of WTF-8 bytes. */
export function decodeWtf8(bytes: Buffer): string {
  let text = ''
  let start = 0
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || bytes[i + 1]! < 0xa0) continue
    const code = 0xd000 | ((bytes[i + 1]! & 0x3f) << 6) | (bytes[i + 2]! & 0x3f)
    text += bytes.toString('utf8', start, i) + String.fromCharCode(code)
    i += 2
    start = i + 1
  }
  return text + bytes.toString('utf8', start)
}

/** Whether WTF-8 has surrogates: they begin with 0xed and 0xa0 or more, which UTF-8 never has. */
export function hasSurrogates(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) if (bytes[at + 1]! >= 0xa0) return true
  return false
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff
}

function surrogateBytes(code: number): Buffer {
  return Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
}
