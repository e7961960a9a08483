import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readRows, writeRows } from './rows.ts'

/**
 * Ids as hex of at most `byteLength` bytes. They fall into classes, each with rows of its own: whole ones, those whose
 * first half is zero (of 16 bytes: padded ones of 8), and by their length those that are shorter.
 */
export function writeIds(body: BodyWriter, part: string, ids: readonly string[], byteLength: number): void {
  const classes = ids.map(id => classOf(id, byteLength))
  writeNumbers(body, part, classes)
  for (const code of new Set(classes.toSorted((a, b) => a - b))) {
    const width = code === byteLength + 1 ? byteLength / 2 : code
    const digits = ids.filter((_, i) => classes[i] === code).map(id => id.slice(id.length - 2 * width))
    if (width > 0) writeRows(body, part, Buffer.from(digits.join(''), 'hex'), width)
  }
}

export function readIds(body: BodyReader, part: string, count: number, byteLength: number): string[] {
  const classes = readNumbers(body, part, count)
  const counts = new Float64Array(byteLength + 2)
  for (const code of classes) {
    if (!(code >= 0 && code <= byteLength + 1)) body.fail(`an id of class ${code}`)
    counts[code]!++
  }
  const rows = Array.from(counts, (rowCount, code) => {
    const width = code === byteLength + 1 ? byteLength / 2 : code
    return width === 0 ? '' : readRows(body, part, rowCount, width).toString('hex')
  })
  const positions = new Uint32Array(byteLength + 2)
  return Array.from(classes, code => {
    const digits = 2 * (code === byteLength + 1 ? byteLength / 2 : code)
    const start = positions[code]!
    positions[code] = start + digits
    const id = rows[code]!.slice(start, start + digits)
    return code === byteLength + 1 ? id.padStart(2 * byteLength, '0') : id
  })
}

/** The length in bytes, or one more than the greatest for those whose first half is zero. */
function classOf(id: string, byteLength: number): number {
  if (byteLength === 16 && id.length === 32 && id.startsWith('0000000000000000')) return byteLength + 1
  return id.length / 2
}
