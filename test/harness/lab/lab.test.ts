import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { discoverPhases } from '../../../harness/lab/discover.ts'
import { runLab } from '../../../harness/lab/lab.ts'
import { selectRows } from '../../../harness/lab/select.ts'
import { generatedSource } from '../../../harness/open/source.ts'
import type { Row, Run } from '../../../harness/runs/run-schema.ts'
import { runSchema } from '../../../harness/runs/run-schema.ts'
import { silent } from '../../../harness/text/progress.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/phases', import.meta.url))
let run: Run

beforeAll(async () => {
  run = await runLab({
    source: generatedSource({ workload: 'classic', size: 'small', seed: 5 }),
    candidates: selectRows(await discoverPhases(fixtures), [], ['all']),
    rounds: 2,
    progress: silent,
  })
})

function rowOf(phase: string, variant = 'default'): Row {
  return run.rows.find(row => row.phase === phase && row.variant === variant)!
}

function numbersOf(row: Row): unknown[] {
  return [row.sizeBytes, row.ratio, row.encodeSeconds, row.decodeSpansPerSecond, row.encodePeakBytes, row.fidelity]
}

test('the run fits its schema, a row a phase and variant', () => {
  expect(runSchema.parse(run)).toEqual(run)
  expect(run.rows.map(row => `${row.phase} ${row.variant}`)).toEqual([
    '90 default',
    '90 small',
    ...['91', '92', '93', '94', '95', '96', '97'].map(phase => `${phase} default`),
  ])
})

test('a phase that was dropped in earns its row', () => {
  const [row, small] = [rowOf('90'), rowOf('90', 'small')]
  expect([row.problem, small.problem]).toEqual([null, null])
  expect(row.fidelity).toBe('exact')
  expect(row.parts).toEqual({ all: row.sizeBytes })
  expect(row.bytesPerSpan).toBeCloseTo(row.sizeBytes! / run.input.spanCount)
  expect(row.ratio).toBeCloseTo(run.input.baselineBytes / row.sizeBytes!)
  expect(row.inputRatio).toBeCloseTo(run.input.bytes! / row.sizeBytes!)
  expect(row.zstdGain).toBeCloseTo(run.input.zstd19Bytes / row.sizeBytes!)
  expect(row.floorRatio).toBeCloseTo(row.sizeBytes! / run.input.floorBytes)
  expect(row.encodePeakBytes).toBeGreaterThan(1e7)
  expect(small.sizeBytes).toBeGreaterThan(row.sizeBytes!)
})

test.each([
  ['91', /^\/\d+\/spans\/\d+\/status: an object, got absent$/],
  ['92', /^cannot be loaded: broken on purpose$/],
  ['93', /^its process ended with exit code 7$/],
  ['94', /^encodes the same traces to other bytes each time$/],
  ['95', /^its parts sum to \d+ bytes, its file has \d+$/],
  ['96', /^cannot be loaded: its phase has no function encode$/],
])('phase %s has a problem of its own and no numbers', (phase, problem) => {
  const row = rowOf(phase)
  expect(row.problem).toMatch(problem)
  expect(numbersOf(row)).toEqual([null, null, null, null, null, null])
})

test('a lossy row says what it lost and what is whole', () => {
  const row = rowOf('97')
  expect(row).toMatchObject({ problem: null, claim: 'lossy', fidelity: 'lossy', lost: ['every other trace'] })
  expect(row.wholeTraceCount).toBe(50)
})

test('a lossy row has a price, and no other', () => {
  const row = rowOf('97')
  expect(row.survived?.all).toBe(0.5)
  expect(row.price.find(({ question }) => question === 'spans by service')?.medianError).toBeGreaterThan(0.2)
  expect(row.attributes.length).toBeGreaterThan(0)
  expect(rowOf('90')).toMatchObject({ price: [], survived: null, attributes: [] })
})
