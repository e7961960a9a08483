/** Code points as ranges: start and end by turns, ends included, ascending, neither touching nor overlapping. */
export type CodePoints = readonly number[]

export const maxPoint = 0x10ffff
export const allPoints: CodePoints = [0, maxPoint]

/** Ranges in any order, made ascending and apart. */
export function unionOf(ranges: readonly number[]): CodePoints {
  const pairs: [number, number][] = []
  for (let index = 0; index < ranges.length; index += 2) pairs.push([ranges[index]!, ranges[index + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  const result: number[] = []
  for (const [start, end] of pairs) {
    const last = result.length - 1
    if (last > 0 && start <= result[last]! + 1) result[last] = Math.max(result[last]!, end)
    else result.push(start, end)
  }
  return result
}

/** All other code points. */
export function complementOf(points: CodePoints): CodePoints {
  const result: number[] = []
  let next = 0
  for (let index = 0; index < points.length; index += 2) {
    if (points[index]! > next) result.push(next, points[index]! - 1)
    next = points[index + 1]! + 1
  }
  if (next <= maxPoint) result.push(next, maxPoint)
  return result
}

/** The index of the last number of an ascending list that is not above a value; -1 where all are. */
export function lastNotAbove(ascending: ArrayLike<number>, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

export function includesPoint(points: CodePoints, point: number): boolean {
  const index = lastNotAbove(points, point)
  return index >= 0 && (index % 2 === 0 || points[index] === point)
}

const digits: CodePoints = [48, 57]
const upper: CodePoints = [65, 90]
const lower: CodePoints = [97, 122]

export const wordPoints: CodePoints = [...digits, ...upper, 95, 95, ...lower]

/** `\d`, `\s` and `\w`, which mean ASCII. */
export const perlClasses: Readonly<Record<string, CodePoints>> = {
  d: digits,
  s: [9, 10, 12, 13, 32, 32],
  w: wordPoints,
}

/** `[:name:]` */
export const posixClasses: ReadonlyMap<string, CodePoints> = new Map<string, CodePoints>([
  ['alnum', [...digits, ...upper, ...lower]],
  ['alpha', [...upper, ...lower]],
  ['ascii', [0, 127]],
  ['blank', [9, 9, 32, 32]],
  ['cntrl', [0, 31, 127, 127]],
  ['digit', digits],
  ['graph', [33, 126]],
  ['lower', lower],
  ['print', [32, 126]],
  ['punct', [33, 47, 58, 64, 91, 96, 123, 126]],
  ['space', [9, 13, 32, 32]],
  ['upper', upper],
  ['word', wordPoints],
  ['xdigit', [...digits, 65, 70, 97, 102]],
])
