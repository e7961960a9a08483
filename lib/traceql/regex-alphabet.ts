import type { Program } from './regex-program.ts'
import { type CodePoints, lastNotAbove, wordPoints } from './regex-set.ts'

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
  let count = 1
  for (const points of sets) {
    const renamed = new Map<number, number>()
    for (let index = 0; index < points.length; index += 2) {
      const end = lastNotAbove(starts, points[index + 1]!)
      for (let interval = lastNotAbove(starts, points[index]!); interval <= end; interval++) {
        const letter = letters[interval]!
        if (!renamed.has(letter)) renamed.set(letter, count++)
        letters[interval] = renamed.get(letter)!
      }
    }
  }
  return dense(letters)
}

function dense(letters: Uint32Array): Uint32Array {
  const names = new Map<number, number>()
  return letters.map(letter => {
    if (!names.has(letter)) names.set(letter, names.size)
    return names.get(letter)!
  })
}
