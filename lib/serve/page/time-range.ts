import { type Extent, get, type Parameters } from './api.ts'
import type { Place } from './place.ts'

/** The lengths of time that a reader can choose. */
export const ranges: readonly string[] = ['all', '15m', '1h', '6h', '24h', '7d']

/** The range of a place; that of all there is only where it must be told. */
export async function rangeOf(
  { last, from, to }: Place,
  signal: AbortSignal,
  isNeeded: boolean = false,
): Promise<Parameters> {
  if (last === '') return { start: `${from}000000`, end: `${to}000000` }
  if (last !== 'all') {
    const now = Date.now()
    return { start: `${now - millisOf(last)}000000`, end: `${now}000000` }
  }
  return isNeeded ? wholeRange(signal) : {}
}

async function wholeRange(signal: AbortSignal): Promise<Parameters> {
  const { startTimeUnixNano, endTimeUnixNano } = await get<Extent>('status/extent', {}, signal)
  if (startTimeUnixNano === undefined || endTimeUnixNano === undefined) throw new Error('there are no spans yet')
  return { start: startTimeUnixNano.padStart(11, '0'), end: String(BigInt(endTimeUnixNano) + 1n).padStart(11, '0') }
}

const unitMillis: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function millisOf(text: string): number {
  return Number.parseInt(text, 10) * (unitMillis[text.at(-1)!] ?? 1_000)
}
