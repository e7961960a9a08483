import { startsOf } from '../../model/owners.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

const orders = { asIs: 0, byGroup: 1 } as const

/** Writes numbers as they come, or those of a group (a node) together, group after group. */
export function writeGrouped(
  body: BodyWriter,
  part: string,
  values: Float64Array,
  groups: readonly number[],
  groupCount: number,
): void {
  const asIs = (to: BodyWriter) => {
    to.number(orders.asIs)
    writeNumbers(to, part, values)
  }
  const byGroup = (to: BodyWriter) => {
    const sorted = Float64Array.from(sortedByGroup(groups, groupCount), position => values[position]!)
    to.number(orders.byGroup)
    writeNumbers(to, part, sorted)
  }
  body.choose(groupCount > 1 ? [asIs, byGroup] : [asIs])
}

export function readGrouped(
  body: BodyReader,
  part: string,
  groups: readonly number[],
  groupCount: number,
): Float64Array {
  const order = body.number(orders.byGroup)
  const stored = readNumbers(body, part, groups.length)
  if (order === orders.asIs) return stored
  const values = new Float64Array(groups.length)
  for (const [i, position] of sortedByGroup(groups, groupCount).entries()) values[position] = stored[i]!
  return values
}

/** The positions, sorted by group and within it as they come. */
function sortedByGroup(groups: readonly number[], groupCount: number): Uint32Array {
  const counts = new Uint32Array(groupCount)
  for (const group of groups) counts[group]!++
  const next = startsOf(counts)
  const positions = new Uint32Array(groups.length)
  for (const [position, group] of groups.entries()) positions[next[group]!++] = position
  return positions
}
