import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allCores } from '../../../harness/lab/all-cores.ts'
import { labTasks } from '../../../harness/lab/tasks.ts'
import { writeDataset } from '../../../harness/open/dataset.ts'
import { generatedSource } from '../../../harness/open/source.ts'
import type { Row } from '../../../harness/runs/run-schema.ts'
import { timeColumnsOf } from '../../../harness/view/columns.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'all-cores-test-'))
const file = join(folder, 'row.bp')
const job = { phasePath: join(root, 'phases/06-blockpack.ts'), variant: 'default', options: {}, file }
let dataset: string

beforeAll(async () => {
  const { traces } = generatedSource({ workload: 'otel', size: 'small', seed: 7 })
  dataset = (await writeDataset(folder, 'all-cores', traces, () => {})).path
})

afterAll(() => rmSync(folder, { recursive: true }))

test('all cores write the bytes that one core was proved with, and decoding them takes every span', async () => {
  const { encoded } = await labTasks.encode({ ...job, dataset, rounds: 1 }, () => {})
  const proved = readFileSync(file)
  let spanCount = 0
  const passes = 2
  const { encodeSeconds, decodeSeconds } = await allCores({ ...job, dataset, sizeBytes: encoded.sizeBytes }, spans => {
    spanCount += spans
  })
  expect(readFileSync(file).equals(proved)).toBe(true)
  expect(Math.min(encodeSeconds, decodeSeconds)).toBeGreaterThan(0)
  const { spans } = await countOf()
  expect(spanCount).toBe(passes * spans)
})

test('another size than that of one core is an error, not a figure', async () => {
  await expect(allCores({ ...job, dataset, sizeBytes: 1 }, () => {})).rejects.toThrow(
    /^encodes to \d+ bytes on all cores, to 1 on one$/,
  )
})

test('the columns are there where a row has the figure, so that runs from before render as they did', () => {
  const row = { allCoresEncodeSeconds: null } as Row
  const headers = (rows: Row[]) => timeColumnsOf(rows).map(({ header }) => header)
  expect(headers([row]).join()).not.toContain('all cores')
  expect(headers([row, { ...row, allCoresEncodeSeconds: 1 }])).toContain('dec all cores s')
})

async function countOf(): Promise<{ spans: number }> {
  let spans = 0
  await labTasks.baseline({ dataset, isZstdMeasured: true }, more => {
    spans += more
  })
  return { spans }
}
