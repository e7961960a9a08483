/** The candidate that a mistyped name most likely meant, or undefined where none is near. */
function nearest(name: string, candidates: readonly string[], maxDistance: number): string | undefined {
  let best: string | undefined
  let bestDistance = maxDistance + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** ` (did you mean X?)`, or nothing. */
export function hint(
  name: string,
  candidates: readonly string[],
  maxDistance: number = Math.max(2, Math.floor(name.length / 3)),
): string {
  const found = nearest(name, candidates, maxDistance)
  return found === undefined ? '' : ` (did you mean ${found}?)`
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
