/** Values of each column: a segment's worth. */
const valueCount = 1 << 17

/** Random 13-bit numbers. */
export function smallNumbers(): Uint32Array {
  return Uint32Array.from({ length: valueCount }, (_, i) => noise(i) >>> 19)
}

/** Durations, many short and few long: 2^10 to 2^26. */
export function durations(): Float64Array {
  return Float64Array.from({ length: valueCount }, (_, i) => 1024 + (noise(i) >>> (6 + (noise(~i) & 15))))
}

/** Codes of 16 entries in runs of 8 on average. */
export function runningCodes(): Uint32Array {
  const codes = new Uint32Array(valueCount)
  for (let i = 1; i < valueCount; i++) codes[i] = noise(i) % 8 === 0 ? noise(~i) & 15 : codes[i - 1]
  return codes
}

/** Bits of which one in sixteen is a one. */
export function skewedBits(): Uint8Array {
  return Uint8Array.from({ length: valueCount }, (_, i) => (noise(i) % 16 === 0 ? 1 : 0))
}

/** Symbols of 8 bits, the low ones far more often. */
export function skewedSymbols(): Uint8Array {
  return Uint8Array.from({ length: valueCount }, (_, i) => noise(i) >>> (24 + (noise(~i) & 7)))
}

/** Names of operations: 200 of them, each drawn anew. */
export function names(): string[] {
  return Array.from({ length: valueCount }, (_, i) => `/api/v1/service-${noise(i) % 20}/operation-${noise(~i) % 10}`)
}

/** Random UUIDs. */
export function uuids(): string[] {
  return Array.from({ length: valueCount }, (_, i) => {
    const digits = [0, 1, 2, 3]
      .map(part =>
        noise(i * 4 + part)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('')
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
  })
}

/** Orders of 12 attribute keys. */
export function keyOrders(): Uint32Array[] {
  return Array.from({ length: valueCount / 128 }, (_, i) =>
    Uint32Array.from({ length: 12 }, (_, key) => key).sort((a, b) => noise(i * 16 + a) - noise(i * 16 + b)),
  )
}

/** 32 bits that look random, of a number: the columns are the same on every machine. */
function noise(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16) ^ 0x5bd1e995, 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
