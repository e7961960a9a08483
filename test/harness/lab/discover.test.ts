import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { asVariant, discoverPhases, loadPhase } from '../../../harness/lab/discover.ts'
import { classify } from '../../../harness/lab/rows.ts'
import { selectRows } from '../../../harness/lab/select.ts'
import { labRejection } from '../../support/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'discover-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A phase file whose variants are `a` and `b`, with these fidelities. */
function phaseFile(name: string, fidelities: object): string {
  const exact = { traceOrder: true, spanOrder: true, attributeOrder: true, spanIds: 'kept', lossy: [] }
  const phase = { title: 't', idea: 'i', fidelity: exact, variants: { a: {}, b: {} }, fidelities }
  const path = join(folder, `${name}.ts`)
  writeFileSync(path, `export default { ...${JSON.stringify(phase)}, encode() {}, decode() {} }\n`)
  return path
}

describe('claims by variant', () => {
  test('are those of the rows, and of the phase where a variant has none', async () => {
    const found = selectRows(await discoverPhases(), ['07'], ['all'])
    expect(found.map(({ variant, phase }) => [variant, classify(phase!.fidelity)])).toEqual([
      ['exact', 'exact'],
      ['renamed', 'renamed'],
      ['pruned', 'lossy'],
    ])
  })

  test('are what a process that is told the variant holds against what comes back', async () => {
    const path = fileURLToPath(new URL('../../../phases/07-patterns.ts', import.meta.url))
    expect((await loadPhase(path, 'renamed')).fidelity.spanIds).toBe('renamed')
    const phase = await loadPhase(path)
    expect([phase, asVariant(phase, 'exact'), asVariant(phase, undefined)].map(one => one.fidelity.spanIds)).toEqual(
      Array(3).fill('kept'),
    )
  })

  test('of no variant, and broken ones, are refused', async () => {
    expect((await labRejection(loadPhase(phaseFile('none', { c: {} })))).message).toContain(
      'fidelities have c, which is none',
    )
    expect((await labRejection(loadPhase(phaseFile('broken', { a: {} })))).message).toContain('fidelity.traceOrder')
  })
})
