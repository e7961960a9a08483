import { allPoints, type CodePoints, maxPoint, unionOf } from './set.ts'

const firstSurrogate = 0xd800
const lastSurrogate = 0xdfff
const known = new Map<string, CodePoints | undefined>()

/** The code points of a general category (`Lu`, `L`), of a script (`Greek`), or `Any`; undefined for other names. */
export function unicodeClass(name: string): CodePoints | undefined {
  if (name === 'Any') return allPoints
  if (!known.has(name)) known.set(name, readClass(name))
  return known.get(name)
}

/** By this engine's tables, whose Unicode version may be newer or older than Go's by a few letters. */
function readClass(name: string): CodePoints | undefined {
  if (!/^[A-Z][A-Za-z_]*$/.test(name)) return undefined
  for (const property of name.length <= 2 ? ['General_Category'] : ['Script', 'General_Category']) {
    try {
      return pointsOf(`\\p{${property}=${name}}`)
    } catch {}
  }
  return undefined
}

/** The code points that a class of JavaScript names, read in runs from a text of them all. */
function pointsOf(source: string): CodePoints {
  const ranges: number[] = []
  for (const [from, to] of [
    [0, firstSurrogate - 1],
    [lastSurrogate + 1, maxPoint],
  ] as const)
    for (const run of textOf(from, to).matchAll(new RegExp(`${source}+`, 'gu')))
      ranges.push(run[0].codePointAt(0)!, lastPointOf(run[0]))
  const single = new RegExp(`^${source}$`, 'u')
  for (let point = firstSurrogate; point <= lastSurrogate; point++)
    if (single.test(String.fromCodePoint(point))) ranges.push(point, point)
  return unionOf(ranges)
}

function lastPointOf(text: string): number {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xdc00 && last <= lastSurrogate ? text.codePointAt(text.length - 2)! : last
}

function textOf(from: number, to: number): string {
  const parts: string[] = []
  for (let start = from; start <= to; start += 4_096) {
    const length = Math.min(4_096, to + 1 - start)
    parts.push(String.fromCodePoint(...Array.from({ length }, (_, index) => start + index)))
  }
  return parts.join('')
}

let orbits: ReadonlyMap<number, readonly number[]> | undefined

const folded = new WeakMap<CodePoints, CodePoints>()

/** The code points and all that differ from one of them in case only (`k` gives `k`, `K` and the Kelvin sign). */
export function foldedClass(points: CodePoints): CodePoints {
  const known = folded.get(points)
  if (known !== undefined) return known
  const relatives: number[] = []
  for (let index = 0; index < points.length; index += 2) addRelatives(relatives, points[index]!, points[index + 1]!)
  const result = unionOf([...points, ...relatives])
  folded.set(points, result)
  return result
}

function addRelatives(relatives: number[], start: number, end: number): void {
  orbits ??= readOrbits()
  const some = end - start < orbits.size
  for (const point of some ? Array.from({ length: end + 1 - start }, (_, index) => start + index) : orbits.keys())
    if (point >= start && point <= end) for (const other of orbits.get(point) ?? []) relatives.push(other, other)
}

/** By code point those that fold to the same one. Case mappings lead to all of an orbit; folding decides. */
function readOrbits(): ReadonlyMap<number, readonly number[]> {
  const cased = pointsOf('[\\p{Changes_When_Casemapped}\\p{Changes_When_Casefolded}]')
  const found = new Map<number, number[]>()
  for (let index = 0; index < cased.length; index += 2)
    for (let point = cased[index]!; point <= cased[index + 1]!; point++) joinRelatives(found, point)
  return found
}

function joinRelatives(found: Map<number, number[]>, point: number): void {
  const letter = String.fromCodePoint(point)
  const upper = letter.toUpperCase()
  for (const relative of [letter.toLowerCase(), upper, upper.toLowerCase()]) {
    if (relative === letter || !/^.$/su.test(relative) || !/^(.)\1$/isu.test(letter + relative)) continue
    const other = relative.codePointAt(0)!
    const joined = [...new Set([...(found.get(point) ?? [point]), ...(found.get(other) ?? [other])])]
    for (const member of joined) found.set(member, joined)
  }
}
