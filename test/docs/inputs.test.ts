import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LabError } from '../../lib/error.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { readInputs } from '../../lib/import/input.ts'
import { containerFixtures } from './inputs/containers.ts'
import type { Fixture, Fixtures } from './inputs/fixture.ts'
import { foreignFixtures } from './inputs/foreign.ts'

const fixtures: Fixtures = { ...containerFixtures, ...foreignFixtures }

interface Row {
  id: string
  result: string
  /** The texts in backticks of the last column, `…` for anything. */
  reported: string[]
}

const results = ['read', 'refused', 'cut']
const page = readFileSync(join(import.meta.dirname, '../../docs/inputs.md'), 'utf8')
const rows: Row[] = page
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => {
    const [, id, , result, reported] = line.split(/(?<!\\)\|/).map(cell => cell.trim())
    return { id: id!.replaceAll('`', ''), result: result!, reported: textsIn(reported!) }
  })

const folder = mkdtempSync(join(tmpdir(), 'inputs-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

function textsIn(cell: string): string[] {
  return [...cell.matchAll(/``(.+?)``|`(.+?)`/g)].map(match => (match[1] ?? match[2]!).trim().replaceAll('\\|', '|'))
}

function pattern(text: string): RegExp {
  const parts = text.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`(?:^|: )${parts.join('.*')}$`, 's')
}

interface Outcome {
  spanCount: number
  /** What was dropped and left out, each as the page writes it. */
  reported: string[]
  error: string | undefined
}

async function read(id: string, { bytes }: Fixture, skipsBad: boolean): Promise<Outcome> {
  const path = join(folder, id)
  writeFileSync(path, bytes)
  const losses = new Losses({ skipsBad })
  let spanCount = 0
  let error: string | undefined
  try {
    for await (const traces of readInputs([path], { losses }).batches)
      for (const { spans } of traces) spanCount += spans.length
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown
    error = thrown.message
    expect(error).toMatch(new RegExp(`^${path}: `))
    expect(error).not.toContain('\n')
  }
  const dropped = losses.list().map(({ field, count }) => `${field} ×${count}`)
  return { spanCount, reported: [...dropped, ...losses.listBad().map(({ first }) => first)], error }
}

function expectReported(texts: readonly string[], { reported }: Outcome): void {
  expect(reported).toEqual(texts.map(text => expect.stringMatching(pattern(text))))
}

test('the page names every fixture, and a fixture every row', () => {
  expect(rows.map(({ id }) => id).sort()).toEqual(Object.keys(fixtures).sort())
})

test.each(rows)('$id: $result', async ({ id, result, reported }) => {
  const fixture = fixtures[id]!
  const { spanCount = 1 } = fixture
  const [strict, skipping] = [await read(id, fixture, false), await read(id, fixture, true)]
  expect(results).toContain(result)
  if (result === 'read') {
    expect(strict).toMatchObject({ error: undefined, spanCount })
    expectReported(reported, strict)
    return expect(skipping).toEqual(strict)
  }
  expect(reported.length).toBeGreaterThan(0)
  expect(strict.error).toMatch(pattern(reported[0]!))
  expect(skipping).toMatchObject({ error: undefined, spanCount: result === 'cut' ? spanCount : 0 })
  expectReported(reported, skipping)
})
