import { fnv1, mix32 } from '../../bytes/hash.ts'

/** Whose a piece of work is, of some names: where one comes or goes, only its own work has another owner. */
export function ownerOf(work: string, names: readonly string[]): string | undefined {
  const weights = names.map(name => mix32(fnv1(Buffer.from(JSON.stringify([work, name])))))
  const largest = weights.reduce((max, weight) => Math.max(max, weight), 0)
  return names[weights.indexOf(largest)]
}
