import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { documentOf, readMeasurement, saveMeasurement } from '../../../harness/lab/run-files.ts'
import { describeEnvironment } from '../../../harness/runs/environment.ts'
import { type Measurement, parseMeasurement, printMeasurement } from '../../../harness/runs/measurement-schema.ts'
import { pageName } from '../../../harness/runs/page-name.ts'
import { printMarkdown, printMarkdownPage } from '../../../harness/text/page.ts'
import { number, tableOf, text } from '../../../harness/text/table.ts'
import { linkPictures } from '../../../harness/view/document.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = join(root, 'results')
const paths = readdirSync(join(folder, 'runs')).map(name => join(folder, 'runs', name))
const measurements = await Promise.all(paths.map(readMeasurement))
const runs = measurements.filter(one => one.kind === 'phases')
const renderings = measurements.map(render)
/** Of before their measurements were kept, or of benches that keep none. */
const isOld = (page: string) =>
  /-(scale|blocks|queries|loss|sampling|tiers)\.md$|^serve\.md$/.test(page) &&
  measurements.every(one => `${pageName(one)}.md` !== page)
const pages = readdirSync(folder).filter(name => name.endsWith('.md') && !isOld(name))

function render(measurement: Measurement): string {
  return printMarkdownPage(linkPictures(pageName(measurement), documentOf(measurement)))
}

test('committed runs are valid: numbers only where earned, ratios that follow from the sizes', () => {
  expect(runs.length).toBeGreaterThan(0)
  for (const { input, rows } of runs)
    for (const row of rows) {
      expect(row.problem === null).toBe(row.sizeBytes !== null)
      if (row.sizeBytes === null) continue
      expect(row.ratio).toBeCloseTo(input.baselineBytes / row.sizeBytes, 9)
      expect(row.bytesPerSpan).toBeCloseTo(row.sizeBytes / input.spanCount, 9)
      expect(Object.values(input.floor).reduce((sum, bytes) => sum + bytes, 0)).toBe(input.floorBytes)
    }
})

test.each(pages)('%s is the rendering of a committed run', page => {
  const text = readFileSync(join(folder, page), 'utf8')
  expect(renderings).toContain(text)
})

test('runs that end in the same second are all saved', async () => {
  const results = mkdtempSync(join(tmpdir(), 'results-test-'))
  const run = runs[0]!
  const saved = await Promise.all([1, 2, 3, 4].map(() => saveMeasurement(run, results)))
  const [first] = saved.map(([raw]) => raw!).sort((a, b) => a.length - b.length)
  expect(saved.map(([raw]) => raw).sort()).toEqual(
    ['-2.json', '-3.json', '-4.json', '.json'].map(end => first!.replace('.json', end)),
  )
  for (const [raw] of saved) expect(readFileSync(raw!, 'utf8')).toBe(printMeasurement(run))
  expect(readFileSync(join(results, `${run.input.name}.md`), 'utf8')).toBe(render(run))
  expect(readdirSync(join(results, 'runs'))).toHaveLength(4)
  rmSync(results, { recursive: true })
})

test('a measurement is read as it was written; one that cannot be read is told apart', () => {
  const run = measurements[0]!
  expect(parseMeasurement(printMeasurement(run))).toEqual(run)
  const refusals: [unknown, RegExp][] = [
    [{ version: 3 }, /^is of version 3, known are versions up to 2$/],
    [{ version: 2, kind: 'dance' }, /^kind dance: known are phases, queries, /],
    [{ version: 'x' }, /^is no run: \/version: /],
    [{ ...run, rows: [{}] }, /^is no run: \/rows\/0\/phase: /],
    [null, /^is no run: \/: /],
  ]
  for (const [value, message] of refusals)
    expect(() => parseMeasurement(JSON.stringify(value))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    )
  expect(() => parseMeasurement('{')).toThrow(/JSON/)
})

test('the command of a run is kept as one types it', () => {
  const { argv } = process
  try {
    process.argv = ['node', 'main.ts', 'bench', 'scale', '--input', "it's a.pb", '--phase', '02,06']
    const { command } = describeEnvironment({ lanes: 1, zstdLevel: null })
    expect(command).toBe(String.raw`npx tsx main.ts bench scale --input 'it'\''s a.pb' --phase 02,06`)
  } finally {
    process.argv = argv
  }
})

test('the table of the README is that of the page it names', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, page, table] = /From \[results\/(.+?)\][\s\S]*?<!-- table -->\n([\s\S]*?)\n<!-- \/table -->/.exec(readme)!
  expect(readFileSync(join(folder, page!), 'utf8')).toContain(table)
  expect(table).toContain('03 CBOR + zstd')
})

test('the budgets of the README are those of the page it names', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, page, table] =
    /From\s\[results\/([a-z-]+-loss\.md)\][\s\S]*?<!-- loss -->\n([\s\S]*?)\n<!-- \/loss -->/.exec(readme)!
  expect(readFileSync(join(folder, page!), 'utf8')).toContain(table)
})

test('Markdown tables are padded, and bars are escaped', () => {
  const table = tableOf(['x|y'], [text('a', name => name), number('number', () => 1)])
  expect(printMarkdown(table)).toBe('| a    | number |\n| ---- | -----: |\n| x\\|y |      1 |')
})

test('a row with a problem has dashes in its page', () => {
  const [run] = runs
  const { rows } = run!
  const blank = Object.fromEntries(Object.keys(rows[0]!).map(name => [name, null]))
  const failed = { ...blank, phase: '07', variant: 'default', title: 'foo', lost: [], problem: '/3/spans/0/name: …' }
  const page = render({ ...run!, rows: [failed as unknown as (typeof rows)[number]] })
  expect(page).toMatch(/\| 07 foo +\| +– \| +– \|.*\| PROBLEM \|/)
  expect(page).toContain('- 07 default: PROBLEM: /3/spans/0/name: …')
})
