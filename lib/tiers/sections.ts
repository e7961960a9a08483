import type { Tier } from './tier-list.ts'

/** The sections that a file with these tiers has, in their order, but for its contents. */
export function sectionsOf(tiers: readonly Pick<Tier, 'name'>[]): string[] {
  const names = new Set(tiers.map(({ name }) => name))
  return [
    ...(names.has('rollup') || names.has('exemplars') ? ['rollup'] : []),
    ...(['exemplars', 'renamed', 'exact'] as const).filter(name => names.has(name)),
  ]
}
