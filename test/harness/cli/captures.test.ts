import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSchema } from '../../../harness/runs/run-schema.ts'
import { runDocument } from '../../../harness/view/report.ts'
import { Losses } from '../../../lib/formats/losses.ts'
import { groupByTrace } from '../../../lib/import/group.ts'
import { readInputs } from '../../../lib/import/input.ts'
import { DatasetDigest } from '../../../lib/model/digest.ts'
import { formatSamples } from '../../support/captures.ts'
import { lab } from '../../support/command.ts'
import { runTasksInProcess } from '../../support/tasks-in-process.ts'

runTasksInProcess()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'captures-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function digestOf(path: string, format?: string): Promise<{ digest: string; format: string | undefined }> {
  const digest = new DatasetDigest()
  const inputs = readInputs([path], { format, losses: new Losses() })
  for await (const batch of groupByTrace(inputs.batches, { maxBytes: 1e9 }))
    for (const trace of batch) digest.add(trace)
  return { digest: digest.finish(), format: inputs.files[0]?.format }
}

const ids = [1, 2, 3, 0xfff]
const units = formatSamples.map(sample => ({
  ...sample,
  content: Buffer.concat(ids.map(id => Buffer.from(sample.unit(id)))),
}))

describe('convert', () => {
  test.each(units)('$format, $form: reads back the same from every format', async ({ format, form, content }) => {
    const path = file(`${format}-${form}`, content)
    const before = await digestOf(path)
    expect(before.format).toBe(format)
    for (const to of ['otlp-json', 'otlp-proto', 'ndjson']) {
      const out = join(folder, `out.${to}`)
      expect(await lab('convert', path, '--to', to, '--out', out, '--no-progress')).toEqual({
        code: 0,
        stdout: '',
        // A member of the answer that is no part of a trace.
        stderr:
          form === 'answers in lines'
            ? expect.stringMatching(/^dropped by the source, first in [^\n]*: jaeger: total ×\d+\n$/)
            : '',
      })
      expect(await digestOf(out)).toEqual({ digest: before.digest, format: to })
    }
  })

  test('a wrong call, and a bad input of which nothing is written', async () => {
    const path = file('in.ndjson', units[0]!.content)
    expect((await lab('convert', path, '--to', 'xml', '--out', 'x')).stderr).toMatch(
      /^--to xml: needs one of otlp-json/,
    )
    const bad = file('bad.ndjson', Buffer.concat([units[0]!.content, Buffer.from('{')]))
    const { code, stderr } = await lab('convert', bad, '--to', 'ndjson', '--out', join(folder, 'none'))
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/bad\.ndjson: ndjson: line 5: /) })
    expect(readdirSync(folder).filter(name => name.startsWith('none'))).toEqual([])
  })

  test('--skip-bad leaves bad lines out and says so, --no-progress or not', async () => {
    const lines = [units[0]!.unit(1), 'x\n', units[0]!.unit(2), '{"traceId":"0"}\n'].join('')
    const path = file('some-bad.ndjson', lines)
    const out = join(folder, 'good.ndjson')
    const { code, stdout, stderr } = await lab(
      ...['convert', path, '--skip-bad', '--to', 'ndjson', '--out', out, '--no-progress'],
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toBe(
      `left out: line ×2, first ${path}: ndjson: line 2: byte 0: a value should stand here, found 'x'\n`,
    )
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(2)
  })
})

test('run --skip-bad: in the run, in its JSON and in its page', async () => {
  const path = file('run.ndjson', `${units[0]!.unit(1)}x|\n`)
  const args = ['--input', path, '--phase', '01', '--rounds', '1', '--no-progress', '--results', join(folder, 'runs')]
  const strict = await lab(...args)
  expect(strict).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/run\.ndjson: ndjson: line 2: /) })
  const { stdout } = await lab(...args, '--skip-bad', '--json')
  const run = runSchema.parse(JSON.parse(stdout))
  const first = `${path}: ndjson: line 2: byte 0: a value should stand here, found 'x'`
  expect(run.input).toMatchObject({ spanCount: 1, bad: [{ file: path, unit: 'line', count: 1, first }] })
  expect(runDocument(run)[1]).toContain(`left out: line ×1, first ${first}`)
  expect(runDocument(run)).toContain('## Left out since it is bad')
})

test('nothing but bad input', async () => {
  const path = file('page.html', '<html>')
  const { code, stderr } = await lab('size', '--input', path, '--skip-bad', '--spans-per-day', '1', '--no-progress')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/holds no spans that can be read; left out: .*page\.html: this is an HTML page/),
  })
})

describe('size', () => {
  test('bytes per span times spans, days and price', async () => {
    const path = file('size.ndjson', units[0]!.content)
    const args = ['size', '--input', path, '--phase', '01', '--spans-per-day', '2000000000', '--no-progress']
    const perSpan = units[0]!.content.length / ids.length
    const numbers = (text: string) =>
      /01 NDJSON.*/
        .exec(text)![0]
        .match(/[\d.,]+/g)!
        .slice(1)
        .map(cell => Number(cell.replaceAll(',', '')))
    const { code, stdout } = await lab(...args, '--days', '10', '--price', '0.5')
    expect(code).toBe(0)
    expect(stdout).toMatch(/B\/span +kept +GB a day +GB for 10 days +cost a month/)
    const perDay = (perSpan * 2e9) / 1e9
    const [shown, ...amounts] = numbers(stdout)
    expect(shown).toBeCloseTo(perSpan, 2)
    expect(amounts[0]).toBeCloseTo(perDay, -1)
    expect(amounts[1]! / (perDay * 10)).toBeCloseTo(1, 2)
    expect(amounts[2]! / (perDay * 10 * 0.5)).toBeCloseTo(1, 2)
  })

  test.each([
    [['--days', '0'], /^--days 0: needs an integer from 1/],
    [['--days', '1.5'], /^--days 1\.5: needs an integer/],
    [['--price', '0'], /^--price 0: needs a number above 0/],
    [['--price', 'x'], /^--price x: needs a number above 0/],
    [['--spans-per-day', '-1'], /^--spans-per-day: |^--spans-per-day -1: needs an integer/],
    [[], /spans-per-day/],
  ])('a wrong call: %j', async (args, message) => {
    const given = args.includes('--spans-per-day') || args.length === 0 ? args : ['--spans-per-day', '5', ...args]
    const { code, stdout, stderr } = await lab('size', '--input', 'unused', ...given)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

test('bench scale writes a table and a well-formed SVG', async () => {
  const content = Array.from({ length: 12 }, (_, i) => units[0]!.unit(i + 1)).join('')
  const path = file('<curve> & co.ndjson', content)
  const results = join(folder, 'curves')
  const args = ['bench', 'scale', '--input', path, '--phase', '22', '--results', results, '--no-progress']
  const { code, stdout } = await lab(...args)
  expect(code).toBe(0)
  expect(stdout).toMatch(/10 +12 *\n/)
  expect(stdout).toMatch(/encode µs\/span on the first/)
  expect(stdout).toMatch(/22 NDJSON \+ zstd 19 +\d/)
  const page = readFileSync(join(results, 'curve-co-scale.md'), 'utf8')
  expect(page).toContain('![](curve-co-scale.svg)')
  expect(page).toMatch(/\| 22 NDJSON \+ zstd 19 +\| +[\d.]+ \| +[\d.]+ \|/)
  const svg = readFileSync(join(results, 'curve-co-scale.svg'), 'utf8')
  expect(readdirSync(results)).toContain('curve-co-scale-decode.svg')
  expect(svg).toContain('&lt;curve&gt; &amp; co.ndjson')
  expect(openTags(svg)).toEqual([])
  expect(svg).not.toMatch(/NaN|undefined|Infinity/)
})

/** The tags left open by the end; throws where one closes another, an attribute has no quotes or an ampersand is bare. */
function openTags(xml: string): string[] {
  const open: string[] = []
  const rest = xml.replaceAll(
    /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>/g,
    (_, end, name, __, alone) => {
      if (end && open.pop() !== name) throw new Error(`${name} closes another`)
      if (!end && !alone) open.push(name)
      return ''
    },
  )
  if (/[<>]|&(?!amp;|lt;|gt;|quot;|#)/.test(rest)) throw new Error(`not well-formed: ${rest}`)
  return open
}
