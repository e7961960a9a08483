/** The unsigned value of `bitWidth` bits (0 to 32) that begin at `bit`, least significant first; beyond the end zeros. */
export function readBits(bytes: Uint8Array, bit: number, bitWidth: number): number {
  const at = Math.floor(bit / 8)
  const shift = bit % 8
  const low = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> shift
  const all = bitWidth + shift > 32 ? low | (bytes[at + 4]! << (32 - shift)) : low
  return bitWidth === 32 ? all >>> 0 : all & (2 ** bitWidth - 1)
}
