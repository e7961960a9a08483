/**
 * Whether two values are in a relation: `=`, `!=`, `<`, `<=`, `>` or `>=`; no other one holds for any. Both are texts,
 * which are ordered by their UTF-16 units, or both bools, false before true, or both numbers: ints and doubles by what
 * they are, and NaN differs from all.
 */
export function isRelated<T extends string | boolean>(a: T, relation: string, b: T): boolean
export function isRelated(a: number | bigint, relation: string, b: number | bigint): boolean
export function isRelated(a: unknown, relation: string, b: unknown): boolean {
  const [left, right] = [a as number, b as number]
  switch (relation) {
    case '=':
      // biome-ignore lint/suspicious/noDoubleEquals: an int and a double are equal where their numbers are
      return left == right
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: as above
      return left != right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return false
  }
}

/** By relation what it is with its sides exchanged. */
export const mirroredRelations = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=', '!=': '!=' } as const

/** Whether some number from `min` to `max` may be so related to the operand. */
export function rangeMeets(
  min: number | bigint,
  max: number | bigint,
  relation: string,
  operand: number | bigint,
): boolean {
  switch (relation) {
    case '=':
      return isRelated(min, '<=', operand) && isRelated(operand, '<=', max)
    case '!=':
      return isRelated(min, '!=', operand) || isRelated(max, '!=', operand)
    case '<':
    case '<=':
      return isRelated(min, relation, operand)
    default:
      return isRelated(max, relation, operand)
  }
}
