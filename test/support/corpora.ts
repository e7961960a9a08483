import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'

const corpora = process.env.TRACE_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora')
const tempoBlocks = join(corpora, '../reference/tempo-blocks')

/** A suite that reads a real capture; where the captures are absent it is skipped and its name says so. */
export function describeCorpora(name: string, suite: () => void): void {
  if (existsSync(corpora)) describe(name, suite)
  else describe.skip(`${name} (no captures at ${corpora}: set TRACE_CORPORA)`, suite)
}

/** As describeCorpora, for the inputs of the blocks that Tempo wrote. */
export function describeTempoBlocks(name: string, suite: () => void): void {
  if (existsSync(tempoBlocks)) describe(name, suite)
  else describe.skip(`${name} (nothing at ${tempoBlocks}: set TRACE_CORPORA)`, suite)
}

export function corpusPath(path: string): string {
  return join(corpora, path)
}

export function tempoBlockPath(path: string): string {
  return join(tempoBlocks, path)
}
