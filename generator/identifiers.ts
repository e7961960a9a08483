import type { Random } from './random.ts'

/** So many random hex digits. */
export function hexDigits(random: Random, field: string, digitCount: number): string {
  let text = ''
  for (let left = digitCount; left > 0; left -= 8) {
    const digits = Math.min(8, left)
    text += random
      .bits(field, 4 * digits)
      .toString(16)
      .padStart(digits, '0')
  }
  return text
}

const variants = '89ab'

/** A UUID of version 4: 122 random bits. */
export function uuidOf(random: Random, field: string): string {
  const [first, second, third] = [
    hexDigits(random, field, 12),
    hexDigits(random, field, 3),
    hexDigits(random, field, 15),
  ]
  const variant = variants[random.bits(field, 2)]
  return `${first.slice(0, 8)}-${first.slice(8)}-4${second}-${variant}${third.slice(0, 3)}-${third.slice(3)}`
}
