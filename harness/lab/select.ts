import { LabError } from '../../lib/error.ts'
import { hint } from '../../lib/nearest.ts'
import { asVariant, type Discovered, variantsOf } from './discover.ts'
import type { Candidate } from './rows.ts'

/**
 * The rows to earn: of the named phases (by number or file name; all where none is named), and of each the named
 * variants (`all`, or names; the default where none is named).
 */
export function selectRows(
  discovered: readonly Discovered[],
  phases: readonly string[],
  variants: readonly string[],
): Candidate[] {
  const chosen = phases.length === 0 ? discovered : discovered.filter(one => phases.some(name => isNamed(one, name)))
  for (const name of phases) if (!discovered.some(one => isNamed(one, name))) failName('phase', name, discovered)
  const rows = chosen.flatMap(one => rowsOf(one, variants))
  for (const name of variants)
    if (name !== 'all' && !rows.some(row => row.variant === name))
      throw new LabError('usage', `--variants ${name}: no chosen phase has it${hint(name, variantNames(chosen))}`)
  return rows
}

function rowsOf(one: Discovered, wanted: readonly string[]): Candidate[] {
  const { phase } = one
  if (!phase) return [{ ...one, variant: 'default', options: {} }]
  const variants = variantsOf(phase)
  const named = wanted.includes('all') ? variants : variants.filter(([name]) => wanted.includes(name))
  const chosen = named.length > 0 ? named : variants.slice(0, 1)
  return chosen.map(([variant, options]) => ({ ...one, phase: asVariant(phase, variant), variant, options }))
}

function isNamed({ number, slug }: Discovered, name: string): boolean {
  return name.padStart(2, '0') === number || name === slug || name === slug.slice(3)
}

function variantNames(discovered: readonly Discovered[]): string[] {
  return discovered.flatMap(({ phase }) => (phase ? variantsOf(phase).map(([name]) => name) : []))
}

function failName(what: string, name: string, discovered: readonly Discovered[]): never {
  const names = discovered.flatMap(({ number, slug }) => [number, slug, slug.slice(3)])
  const numbers = discovered.map(({ number }) => number).join(', ')
  throw new LabError('usage', `--${what} ${name}: no such phase${hint(name, names)}; there are ${numbers}`)
}
