import type { Program } from './program.ts'
import { type CodePoints, lastNotAbove, wordPoints } from './set.ts'

/** Code points in as many letters as a program tells apart. */
export interface Alphabet {
  readonly size: number
  /** The letter of a code point. */
  letterOf(point: number): number
  /** By letter one of its code points. */
  readonly examples: readonly number[]
}

/** The letters of a program. Word characters and line feeds are letters of their own where an assertion may ask. */
export function alphabetOf({ steps }: Program): Alphabet {
  const sets = new Map<string, CodePoints>()
  const seen = new Set<CodePoints>()
  for (const step of steps) {
    if (step.kind === 'points' && !seen.has(step.points)) sets.set(step.points.join(), step.points)
    if (step.kind === 'points') seen.add(step.points)
    if (step.kind === 'assertion') sets.set('word', wordPoints).set('line', [10, 10])
  }
  const starts = startsOf(sets.values())
  const letters = refined(starts, sets.values())
  const examples: number[] = []
  for (let index = starts.length - 1; index >= 0; index--) examples[letters[index]!] = starts[index]!
  const ascii = Uint16Array.from({ length: 128 }, (_, point) => letters[lastNotAbove(starts, point)]!)
  const letterOf = (point: number) => (point < 128 ? ascii[point]! : letters[lastNotAbove(starts, point)]!)
  return { size: examples.length, letterOf, examples }
}

/** Where a code point may differ from the one before it, ascending from 0. */
function startsOf(sets: Iterable<CodePoints>): Uint32Array {
  const starts = new Set([0])
  for (const points of sets)
    for (let index = 0; index < points.length; index += 2) starts.add(points[index]!).add(points[index + 1]! + 1)
  return Uint32Array.from(starts).sort()
}

/** By interval its letter: intervals share one where every set has both or neither. */
function refined(starts: Uint32Array, sets: Iterable<CodePoints>): Uint32Array {
  const letters = new Uint32Array(starts.length)
  const sizes = new Uint32Array(starts.length)
  const hits = new Uint32Array(starts.length)
  const renamed = new Uint32Array(starts.length)
  sizes[0] = starts.length
  let count = 1
  for (const points of sets) {
    const intervals = intervalsOf(starts, points)
    for (const interval of intervals) hits[letters[interval]!]!++
    for (const interval of intervals) {
      const letter = letters[interval]!
      const hit = hits[letter]!
      if (hit === 0) continue
      hits[letter] = 0
      renamed[letter] = hit === sizes[letter] ? letter : count++
      sizes[renamed[letter]!] = hit
      if (renamed[letter] !== letter) sizes[letter]! -= hit
    }
    for (const interval of intervals) letters[interval] = renamed[letters[interval]!]!
  }
  return letters
}

/** The intervals that a set has, or those that it has not where these are fewer: they are told apart alike. */
function intervalsOf(starts: Uint32Array, points: CodePoints): Uint32Array {
  const bounds = points.map((point, index) => lastNotAbove(starts, point) + (index % 2))
  const size = bounds.reduce((sum, bound, index) => sum + (index % 2 === 0 ? -bound : bound), 0)
  const some = size * 2 > starts.length ? [0, ...bounds, starts.length] : bounds
  const intervals = new Uint32Array(Math.min(size, starts.length - size))
  let count = 0
  for (let index = 0; index < some.length; index += 2)
    for (let interval = some[index]!; interval < some[index + 1]!; interval++) intervals[count++] = interval
  return intervals
}
