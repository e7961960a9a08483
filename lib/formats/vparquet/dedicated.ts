import type { AttributeScope } from '../../model/scan.ts'
import type { DedicatedColumn, Version } from './meta.ts'
import { dedicated, serviceName, wellKnown } from './schema.ts'

/** A leaf of `DedicatedAttributes`, and the attribute that stands in it, if any does. */
export interface DedicatedLeaf {
  readonly scope: AttributeScope
  /** `String01` and so on, `Int01`. */
  readonly name: string
  readonly column?: DedicatedColumn
}

/** Where dedicated attributes stand: numbered by scope and type in the order of the settings, unusable ones left out. */
export function dedicatedLeaves(version: Version, columns: readonly DedicatedColumn[]): Required<DedicatedLeaf>[] {
  const counts = new Map<string, number>()
  return columns
    .filter(column => isUsable(version, column))
    .map(column => {
      const { scope, type } = column
      const number = (counts.get(`${scope} ${type}`) ?? 0) + 1
      counts.set(`${scope} ${type}`, number)
      return { scope, name: leafName(type, number), column }
    })
}

/** Why the settings do not fit a version; undefined where they do. */
export function overfull(version: Version, columns: readonly DedicatedColumn[]): string | undefined {
  for (const type of ['string', 'int'] as const)
    for (const scope of dedicated[version].scopes) {
      const ofKind = dedicatedLeaves(version, columns).filter(leaf => leaf.scope === scope && leaf.column.type === type)
      const [count, most] = [ofKind.length, dedicated[version][type]]
      if (count > most)
        return `${count} dedicated columns of the type ${type} in the scope ${scope}, ${version} has ${most}`
    }
  return undefined
}

/** All leaves that a scope has: in version 4 also those in which nothing stands. */
export function allDedicatedLeaves(
  version: Version,
  scope: AttributeScope,
  columns: readonly DedicatedColumn[],
): DedicatedLeaf[] {
  if (!dedicated[version].scopes.includes(scope)) return []
  const used = dedicatedLeaves(version, columns).filter(leaf => leaf.scope === scope)
  const names =
    version === 'vParquet4'
      ? Array.from({ length: dedicated[version].string }, (_, i) => leafName('string', i + 1))
      : []
  const unused = names.filter(name => !used.some(leaf => leaf.name === name)).map(name => ({ scope, name }))
  const of = (type: DedicatedColumn['type']) => used.filter(({ column }) => column.type === type)
  return [...of('string'), ...unused, ...of('int')]
}

function leafName(type: DedicatedColumn['type'], number: number): string {
  return `${type === 'int' ? 'Int' : 'String'}${String(number).padStart(2, '0')}`
}

/** False for what Tempo passes over in the settings of a block. */
function isUsable(version: Version, { scope, name, type }: DedicatedColumn): boolean {
  const { scopes, [type]: most } = dedicated[version]
  const isKnown = Object.values(wellKnown[version][scope] ?? {}).includes(name)
  return most > 0 && scopes.includes(scope) && !isKnown && !(scope === 'resource' && name === serviceName.key)
}
