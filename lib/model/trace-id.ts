/**
 * Identity of traces: ids are equal as numbers of 128 bits, so that one of 64 bits and the same padded to 128 name one
 * trace. Each is kept as it was written: a trace whose spans have several spellings is several `Trace`s, which stand next
 * to each other wherever traces are grouped, and which queries and commands join.
 */
import { hashDigits, hashText } from '../bytes/hash.ts'
import { LabError } from '../error.ts'
import { spanIdDigits, type Trace, traceIdDigits } from './trace.ts'

/** A hex id without leading zeros: the same for all spellings of one id. Zero is `0`; the empty id is no number. */
export function traceKey(id: string): string {
  let start = 0
  while (start < id.length - 1 && id.charCodeAt(start) === 0x30) start++
  return start === 0 ? id : id.slice(start)
}

const words = new Uint32Array(2)

/** 32 bits of the hash of an id's longest spelling, the same for all of them. */
export function traceIdHash(id: string): number {
  hashText(id === '' ? '' : traceKey(id).padStart(traceIdDigits, '0'), words)
  return words[0]!
}

/** The same of an id whose four words, and how many bytes it has, begin at a place. */
export function traceWordsHash(numbers: Uint32Array, at: number): number {
  if (numbers[at + 4] === 0) return traceIdHash('')
  hashDigits(numbers, at, traceIdDigits / 8, words)
  return words[0]!
}

const noSpanId = '0'.repeat(spanIdDigits)

/** True for a span's id that names nothing: none, or the 8 zero bytes that OpenTelemetry calls invalid. */
export function isNoSpanId(id: string): boolean {
  return id === '' || id === noSpanId
}

/** All hex ids of whole bytes, at most `traceIdDigits`, that name the same trace: the longest first. */
export function spellingsOf(id: string): string[] {
  const key = traceKey(id)
  if (key === '') return ['']
  const least = key === '0' ? 2 : key.length
  const spellings: string[] = []
  for (let length = traceIdDigits; length >= least; length -= 2) spellings.push(key.padStart(length, '0'))
  return spellings
}

/** The id that somebody wrote, in lower case; a `usage` error where it is none. Leading zeros may be left out. */
export function traceIdOf(text: string): string {
  const id = text.toLowerCase()
  if (/^[0-9a-f]+$/.test(id) && traceKey(id).length <= traceIdDigits) return id
  throw new LabError('usage', `trace id ${JSON.stringify(text)}: needs 1 to ${traceIdDigits} hex digits`)
}

/** Neighbours whose ids name one trace, together: the lists of `groupNeighbours`, flat, are the traces. */
export function groupNeighbours<T extends Pick<Trace, 'traceId'>>(traces: readonly T[]): T[][] {
  const groups: T[][] = []
  let last: string | undefined
  for (const trace of traces) {
    const key = traceKey(trace.traceId)
    if (key === last && key !== '') groups.at(-1)!.push(trace)
    else groups.push([trace])
    last = key
  }
  return groups
}

/** One trace of those that differ in the spelling of its id: the first spelling is used for all. */
export function joinSpellings(traces: readonly Trace[]): Trace {
  return traces.length === 1 ? traces[0]! : { traceId: traces[0]!.traceId, spans: traces.flatMap(({ spans }) => spans) }
}
