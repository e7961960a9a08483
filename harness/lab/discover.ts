import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, messageOf } from '../../lib/error.ts'
import type { Options, Phase } from '../../phases/phase.ts'
import { importSource, phaseFiles, root } from '../compile/compiled.ts'

/** A phase file that was found. What could not be loaded has a problem in place of the phase. */
export interface Discovered {
  /** The two digits of the file name. */
  number: string
  /** The file name without `.ts`. */
  slug: string
  path: string
  phase?: Phase
  problem?: string
}

const phasesFolder = join(root, 'phases')

/** The phase files of a folder, in the order of their numbers, each loaded on its own. */
export async function discoverPhases(folder = phasesFolder): Promise<Discovered[]> {
  const files = folder === phasesFolder ? phaseFiles() : await readdir(folder)
  const names = files.filter(name => /^\d\d-[^/]*\.ts$/.test(name) && !name.endsWith('.d.ts'))
  return Promise.all(names.sort().map(name => discover(join(folder, name), name)))
}

async function discover(path: string, name: string): Promise<Discovered> {
  const found = { number: name.slice(0, 2), slug: name.slice(0, -3), path }
  try {
    return { ...found, phase: await loadPhase(path) }
  } catch (error) {
    return { ...found, problem: `cannot be loaded: ${messageOf(error)}` }
  }
}

/** Loads a phase file and checks that its default export is a phase; it claims what the variant does. */
export async function loadPhase(path: string, variant?: string): Promise<Phase> {
  const module = (await importSource(path)) as { default?: unknown }
  return asVariant(checkPhase(module.default), variant)
}

/** The phase with the claim of a variant in place of its own. */
export function asVariant(phase: Phase, variant: string | undefined): Phase {
  const fidelity = variant === undefined ? undefined : phase.fidelities?.[variant]
  return fidelity ? { ...phase, fidelity } : phase
}

/** The settings of each row of a phase, by variant; the first is the default. */
export function variantsOf(phase: Phase): [name: string, options: Options][] {
  const variants = Object.entries(phase.variants ?? {})
  return variants.length > 0 ? variants : [['default', {}]]
}

function checkPhase(value: unknown): Phase {
  if (typeof value !== 'object' || value === null) throw new LabError('invalid', 'its default export is no phase')
  const phase = value as Record<string, unknown>
  for (const name of ['encode', 'decode'])
    if (typeof phase[name] !== 'function') throw new LabError('invalid', `its phase has no function ${name}`)
  for (const name of ['title', 'idea'])
    if (typeof phase[name] !== 'string') throw new LabError('invalid', `its phase has no text ${name}`)
  checkFidelity(phase.fidelity)
  for (const [variant, fidelity] of Object.entries(phase.fidelities ?? {})) {
    if (!(variant in ((phase.variants ?? {}) as object)))
      throw new LabError('invalid', `its fidelities have ${variant}, which is none of its variants`)
    checkFidelity(fidelity)
  }
  return value as Phase
}

function checkFidelity(value: unknown): void {
  const fidelity = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  for (const name of ['traceOrder', 'spanOrder', 'attributeOrder'])
    if (typeof fidelity[name] !== 'boolean') throw new LabError('invalid', `its fidelity.${name} is no boolean`)
  if (fidelity.spanIds !== 'kept' && fidelity.spanIds !== 'renamed')
    throw new LabError('invalid', "its fidelity.spanIds is neither 'kept' nor 'renamed'")
  if (!Array.isArray(fidelity.lossy)) throw new LabError('invalid', 'its fidelity.lossy is no array')
}
