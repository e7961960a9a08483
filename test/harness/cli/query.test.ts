import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withSearchSource } from '../../../harness/open/search-source.ts'
import { printTrace } from '../../../lib/formats/ndjson/print.ts'
import { keptSource } from '../../../lib/model/kept-source.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { tagNames, tagValues } from '../../../lib/traceql/answers/tags.ts'
import { timeExtent } from '../../../lib/traceql/engine/time-extent.ts'
import { parseFieldName, parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { defaultStepNanos } from '../../../lib/traceql/metrics/intervals.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { generated, packed } from '../../lib/formats/blockpack/blocks.ts'
import { lab } from '../../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'query-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const traces = generated(120)
const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
const oracle = keptSource(traces)
const path = file('block.bp', await packed(traces))
const capture = file('traces.ndjson', traces.map(printTrace).join(''))
mkdirSync(join(folder, 'parts'))
file('parts/a.bp', await packed(traces.slice(0, 70)))
file('parts/b.bp', await packed(traces.slice(70)))
const parts = join(folder, 'parts')
const mixed = [file('first.ndjson', traces.slice(70).map(printTrace).join('')), join(parts, 'a.bp')]

async function json(...args: string[]) {
  const { code, stdout, stderr } = await lab(...args, '--json')
  expect([code, stderr.replace(/^sampled: .*\n/, '')]).toEqual([0, ''])
  return JSON.parse(stdout)
}

const whole = ['--limit', '1000', '--spss', '1000']
const question = '{ status = error } | by(resource.service.name) | select(name)'

test.each([
  ['blockpack', [path]],
  ['another capture', [capture]],
  ['a folder of blockpack files', [parts]],
  ['blockpack and another capture', mixed],
])('query gives what the oracle gives, in the shape of Tempo: %s', async (_, files) => {
  const { explain: __, ...truth } = await search(oracle, parseQuery(question), { limit: 1000, spss: 1000 })
  const { metrics, ...answer } = await json('query', question, ...files, ...whole)
  expect(truth.traces.length).toBeGreaterThan(0)
  const byId = (list: readonly { traceID: string }[]) => [...list].sort((a, b) => (a.traceID < b.traceID ? -1 : 1))
  expect(byId(answer.traces)).toEqual(byId(truth.traces))
  expect(Number(metrics.inspectedBytes)).toBeGreaterThan(0)
})

test('query prints a table of traces, with the first spans of each set', async () => {
  const { code, stdout } = await lab('query', question, path, '--limit', '2', '--spss', '1')
  expect(code).toBe(0)
  expect(stdout).toMatch(/trace id +root service +root name +start +duration +matched +first spans/)
  expect(stdout).toMatch(/by\(resource\.service\.name\)=[\w-]+: \d+ spans? /)
  expect(stdout).toMatch(
    /\n.*limit of 2 traces is reached, there may be more; looked at [\d,]+ traces and [\d,]+ spans\n$/,
  )
  expect((await lab('query', '{ name = "nothing" }', path)).stdout).toMatch(/^0 traces found; looked at 0 traces/)
})

test('query takes times as seconds, ns and RFC 3339, and finds what starts between them', async () => {
  const starts = traces.map(({ spans }) => spans[0]!.startNanos).sort((a, b) => (a < b ? -1 : 1))
  const middle = (starts[60]! / 1_000_000_000n) * 1_000_000_000n
  const seconds = String(middle / 1_000_000_000n)
  const { traces: truth } = await search(oracle, parseQuery('{ }'), { endNanos: middle, limit: 1000 })
  expect(truth.length).toBeGreaterThan(10)
  expect(truth.length).toBeLessThan(110)
  for (const end of [seconds, `${seconds}.000`, String(middle), new Date(Number(seconds) * 1000).toISOString()])
    expect((await json('query', '{ }', path, '--end', end, '--limit', '1000')).traces.length, end).toBe(truth.length)
  const after = await search(oracle, parseQuery('{ }'), { startNanos: middle + 1n, limit: 1000 })
  expect((await json('query', '{ }', path, '--start', String(middle + 1n), ...whole)).traces.length).toBe(
    after.traces.length,
  )
})

test.each(['{ } | rate() by (resource.service.name)', '{ kind = server } | quantile_over_time(duration, .5, .9)'])(
  'query answers %s over the extent of the data, at the step of Tempo',
  async text => {
    const { firstNanos, lastNanos } = (await timeExtent(oracle))!
    const [startNanos, endNanos] = [firstNanos, lastNanos + 1n]
    const stepNanos = defaultStepNanos(startNanos, endNanos)
    const { explain: _, ...truth } = await queryRange(oracle, parseQuery(text), { startNanos, endNanos, stepNanos })
    expect(truth.series.length).toBeGreaterThan(1)
    for (const files of [[path], [parts]]) {
      const answer = await json('query', text, ...files)
      expect(new Set(answer.series.map(own))).toEqual(new Set(truth.series.map(own)))
      expect(answer.metrics.inspectedSpans).toBe(String(spanCount))
    }
  },
)

function own(series: unknown): string {
  return JSON.stringify(series)
}

test('query prints a row a series with its course, and draws them', async () => {
  const svg = join(folder, 'rate.svg')
  const { code, stdout } = await lab('query', '{ } | rate() by (kind)', path, '--step', '10s', '--svg', svg)
  expect(code).toBe(0)
  expect(stdout).toMatch(/series +points +least +mean +most +course/)
  expect(stdout).toMatch(/kind=server +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +[▁▂▃▄▅▆▇█ ]+\n/)
  expect(stdout).toMatch(/\d series of [\d,]+ intervals from .*, step 10 s; looked at [\d,]+ spans\ndrawn in /)
  const drawn = readFileSync(svg, 'utf8')
  expect(drawn.match(/aria-label="line"/g)!.length).toBe(Number(/(\d) series of/.exec(stdout)![1]))
  expect(drawn).not.toMatch(/NaN|Infinity|undefined/)
})

test('query --explain tells the plan, what is left after each stage, and what was read', async () => {
  const { stdout } = await lab('query', '{ status = error } | count() > 1', path, '--explain')
  for (const word of ['a trace needs   span:status = 2', 'read of all     span:status', 'after { status = error }'])
    expect(stdout).toContain(word)
  expect(stdout).toMatch(/in the files +\d+ +120 +[\d,]+ /)
  expect(stdout).toMatch(/block\.bp +\d+ +\d+ +[\d,]+ +[\d,]+ +[\d,]+ +[\d.]+ %/)
  for (const files of [[path], [path, join(parts, 'a.bp')]]) {
    const { explain } = await json('query', '{ span.nope = 1 }', ...files, '--explain')
    for (const { read, readToOpen } of explain.files) expect(read.bytes).toBe(readToOpen.bytes)
    expect(explain.plans[0].needs).toEqual(['span.nope = 1'])
  }
  const { explain } = await json('query', '{ span.nope = 1 }', path, capture, '--explain')
  expect(explain.files.map(({ traceCount }: { traceCount: number }) => traceCount)).toEqual([120, 120])
  expect(explain.files[1].read).toBeUndefined()
  expect((await lab('query', '({ } | rate()) / ({ } | count_over_time())', path, '--explain')).stdout).toContain(
    'plan 2 of 2',
  )
})

test('tags and tag-values give what the oracle gives, by scope and with types', async () => {
  const filter = '{ status = error }'
  for (const files of [[path], [parts], mixed]) {
    expect((await json('tags', ...files)).scopes).toEqual(await tagNames(oracle))
    expect((await json('tags', ...files, '--scope', 'span', '--query', filter)).scopes).toEqual(
      await tagNames(oracle, { scope: 'span', filter: parseQuery(filter) }),
    )
    for (const name of ['name', 'status', 'resource.service.name', 'span.http.response.status_code', '.nope']) {
      const truth = await tagValues(oracle, parseFieldName(name))
      if (name !== '.nope') expect(truth.length, name).toBeGreaterThan(1)
      expect((await json('tag-values', name, ...files)).tagValues).toEqual(truth)
      expect((await json('tag-values', name, ...files, '--query', filter)).tagValues).toEqual(
        await tagValues(oracle, parseFieldName(name), { filter: parseQuery(filter) }),
      )
    }
  }
  expect((await lab('tags', path)).stdout).toMatch(/\n resource +service\.name +string +\n/)
  expect((await lab('tag-values', 'status', path)).stdout).toMatch(/\n keyword +error +\n/)
  expect((await lab('tag-values', 'name', path, '--limit', '2')).stdout).toMatch(/the limit of 2 values is reached\n$/)
})

test('what is wrong with a query is shown at its place', async () => {
  expect(await lab('query', '{ span.a == 1 }', join(folder, 'nope.bp'))).toEqual({
    code: 2,
    stdout: '',
    stderr: `{ span.a == 1 }\n          ^\ntraceql at line 1, column 11: expected a value, an attribute or an intrinsic, got "="\n`,
  })
  const filter = await lab('tags', path, '--query', '{ name = }')
  expect([filter.code, filter.stderr]).toEqual([
    2,
    expect.stringMatching(/^{ name = }\n {9}\^\ntraceql at line 1, col/),
  ])
})

const rate = '{ } | rate()'

test.each([
  [['query', '{ }', join(folder, 'nope.bp')], 1, /nope\.bp: no such file\n$/],
  [['query', '{ }', file('text.txt', 'no block at all, but longer than one')], 1, /text\.txt: no traces begin with/],
  [['query', '{ }', path, '--step', '1s'], 2, /^--step: goes with a metrics query, this is a search\n$/],
  [['query', rate, path, '--limit', '1'], 2, /^--limit: goes with a search, this is a metrics query\n$/],
  [['query', rate, path, '--step', '0s'], 2, /^--step 0s: needs a duration above 0/],
  [['query', rate, path, '--step', '1ns'], 2, /^range and step: they give \d+ intervals, at most/],
  [['query', rate, path, '--start', '2100-01-01T00:00:00Z'], 2, /^--start \d+ ns: no span starts after it/],
  [['query', rate, path, '--end', '1'], 2, /^--end 1000000000 ns: no span starts before it/],
  [['query', '{ }', path, '--start', '2', '--end', '2'], 2, /^--start .* the end is not after the start\n$/],
  [['query', '{ }', path, '--start', '2023-02-30T00:00:00Z'], 2, /^--start 2023-02-30T00:00:00Z: needs a time such/],
  [['query', '{ }', path, '--start', 'now'], 2, /^--start now: needs a time such as/],
  [['query', '{ }'], 2, /^Not enough non-option arguments/],
  [['query', '{ name = "none" } | rate() by (name)', path, '--svg', join(folder, 'x')], 1, /has no series to draw\n$/],
  [['tags', path, '--query', rate], 2, /^--query { } \| rate\(\): needs a search/],
  [['tags', path, '--scope', 'spam'], 2, /^--scope spam: needs one of .*did you mean span/],
  [['tag-values', 'http.method', path], 2, /^tag-values http\.method: this is no name of a field; attributes have/],
  [['tag-values', 'name) | rate(', path], 2, /this is no name of a field/],
])('%j fails in one line', async (args, code, stderr) => {
  const outcome = await lab(...args)
  expect([outcome.code, outcome.stdout]).toEqual([code, ''])
  expect(outcome.stderr).toMatch(stderr)
  expect(outcome.stderr.trimEnd()).not.toContain('\n')
})

test('captures above a size are refused, and told how to go on', async () => {
  const open = (limits: { maxBytes: number; maxSpans: number }) =>
    withSearchSource([capture, path], async ({ files }) => files.length, { limits })
  const refused = /traces\.ndjson: over 1 MiB or [\d,]+ spans, too large .*: convert it --to blockpack first$/
  await expect(open({ maxBytes: 2 ** 20, maxSpans: spanCount })).rejects.toThrow(refused)
  await expect(open({ maxBytes: 2 ** 20, maxSpans: 10 })).rejects.toThrow(refused)
  expect(await open({ maxBytes: 2 ** 28, maxSpans: spanCount })).toBe(2)
})

test('what is broken in a file is told with its name, wherever it is met', async () => {
  const bytes = await packed(traces)
  const broken = file('broken.bp', bytes.fill(0x55, 1000, bytes.length >> 1))
  const { code, stderr } = await lab('query', '{ } | select(span:id, span:name, event:name)', path, broken, ...whole)
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^\S+broken\.bp: .*\n$/)])
})
