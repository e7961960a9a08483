/**
 * Consistent probability sampling as OpenTelemetry notes it in a trace state: the entry `ot` has the sub-key `th`, a
 * threshold of 56 bits as hex digits without trailing zeros, and may have `rv`, the randomness of the trace as 14 hex
 * digits; without it that is the last 56 bits of the trace id. A span is kept where its randomness is not below the
 * threshold.
 */

/** Hex digits of thresholds and randomness. */
const digitCount = 14

/** Thresholds and randomness are below it. */
export const thresholdEnd = 1n << 56n

/** The value of a sub-key of the entry `ot`; all of them, with `;` between, where it repeats. */
function subKey(traceState: string, name: SubKey): string | undefined {
  if (!traceState.includes(`${name}:`)) return undefined
  const entries = traceState.matchAll(/(?:^|,)[ \t]*ot=([^,]*)/g)
  const parts = [...entries].flatMap(([, entry]) => entry!.split(';').filter(part => part.startsWith(`${name}:`)))
  return parts.length === 0 ? undefined : parts.map(part => part.slice(name.length + 1).trimEnd()).join(';')
}

type SubKey = 'th' | 'rv'

/** Whether a trace state tells a threshold, in whatever form. */
export function hasThreshold(traceState: string): boolean {
  return subKey(traceState, 'th') !== undefined
}

/** Whether a trace state tells its trace's randomness, in whatever form. */
export function hasRandomness(traceState: string): boolean {
  return subKey(traceState, 'rv') !== undefined
}

/** All hex digits of the threshold; undefined where there is none, or it is not 1 to 14 hex digits. */
export function thresholdDigits(traceState: string): string | undefined {
  const digits = subKey(traceState, 'th')
  return digits !== undefined && /^[0-9a-f]{1,14}$/.test(digits) ? digits.padEnd(digitCount, '0') : undefined
}

export function parseThreshold(traceState: string): bigint | undefined {
  const digits = thresholdDigits(traceState)
  return digits === undefined ? undefined : BigInt(`0x${digits}`)
}

/** The hex digits of `rv`; undefined where there is none, or it is not 14 hex digits. */
export function explicitRandomness(traceState: string): string | undefined {
  const digits = subKey(traceState, 'rv')
  return digits !== undefined && /^[0-9a-f]{14}$/.test(digits) ? digits : undefined
}

/** The hex digits of a trace's randomness: two compare as the numbers do. */
export function randomnessDigits(traceId: string, traceState: string): string {
  return explicitRandomness(traceState) ?? traceId.slice(-digitCount).padStart(digitCount, '0')
}

export function randomnessOf(traceId: string, traceState: string): bigint {
  return BigInt(`0x${randomnessDigits(traceId, traceState)}`)
}

/** The threshold at which a span was kept; undefined where it tells none, or none that its randomness reaches. */
export function heldThreshold(traceId: string, traceState: string): bigint | undefined {
  const threshold = parseThreshold(traceState)
  return threshold !== undefined && randomnessOf(traceId, traceState) >= threshold ? threshold : undefined
}

/** How many spans one represents, by its trace state: 1 where that tells no threshold, or none that holds. */
export function weightOf(traceId: string, traceState: string): number {
  const threshold = heldThreshold(traceId, traceState)
  return threshold === undefined ? 1 : adjustedCount(threshold)
}

/** How many spans one stands for that was kept at a threshold. */
export function adjustedCount(threshold: bigint): number {
  return 2 ** 56 / Number(thresholdEnd - threshold)
}

/** The threshold of a probability: 0 of all, `thresholdEnd` of none. */
export function thresholdOf(probability: number): bigint {
  const clamped = Math.min(1, Math.max(0, probability))
  return thresholdEnd - BigInt(Math.round(clamped * 2 ** 56))
}

/** The trace state with a threshold, which must be below `thresholdEnd`; other entries and sub-keys stay as they are. */
export function withThreshold(traceState: string, threshold: bigint): string {
  const digits = threshold.toString(16).padStart(digitCount, '0')
  return withSubKey(traceState, 'th', digits.replace(/(?<=.)0+$/, ''))
}

/** The trace state with the randomness of its trace; other entries and sub-keys stay as they are. */
export function withRandomness(traceState: string, randomness: bigint): string {
  return withSubKey(traceState, 'rv', randomness.toString(16).padStart(digitCount, '0'))
}

/** Of several entries `ot`, which are not allowed, the first is kept. */
function withSubKey(traceState: string, name: SubKey, value: string): string {
  const own = `${name}:${value}`
  const entry = /((?:^|,)[ \t]*ot=)([^,]*)/.exec(traceState)
  if (entry === null) return traceState.trim() === '' ? `ot=${own}` : `ot=${own},${traceState}`
  const [whole, head, subKeys] = entry as unknown as [string, string, string]
  const others = subKeys
    .trim()
    .split(';')
    .filter(part => part !== '' && !part.startsWith(`${name}:`))
  const end = entry.index + whole.length
  const rest = traceState.slice(end).replaceAll(/,[ \t]*ot=[^,]*/g, '')
  return traceState.slice(0, entry.index) + head + [own, ...others].join(';') + rest
}

/** The trace state without what tells how its span was sampled: `th` and `rv`, and an entry that held nothing else. */
export function withoutSampling(traceState: string): string {
  if (!/(?:th|rv):/.test(traceState)) return traceState
  const entries = traceState.split(',').flatMap(entry => {
    const [, head, subKeys] = /^([ \t]*ot=)(.*)$/.exec(entry) ?? []
    if (head === undefined) return [entry]
    const others = subKeys!.split(';').filter(part => !/^(?:th|rv):/.test(part))
    return others.length === 0 ? [] : [head + others.join(';')]
  })
  return entries.join(',')
}
