import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { answerDifference } from '../../../../harness/bench/queries/answer-difference.ts'
import { blockOfEnvironment } from '../../../../harness/bench/queries/block.ts'
import { measureQueries } from '../../../../harness/bench/queries/measure.ts'
import { prepareQueries } from '../../../../harness/bench/queries/prepare.ts'
import { questionOf } from '../../../../harness/bench/queries/query-set.ts'
import { duckDbProblem } from '../../../../harness/bench/queries/sql/duckdb.ts'
import { drawSvg } from '../../../../harness/charts/svg.ts'
import { discoverPhases } from '../../../../harness/lab/discover.ts'
import { readMeasurement } from '../../../../harness/lab/run-files.ts'
import { selectRows } from '../../../../harness/lab/select.ts'
import { generatedSource } from '../../../../harness/open/source.ts'
import type { QueryBench, QueryResult, QueryRow, QuerySet } from '../../../../harness/runs/query-bench-schema.ts'
import { printMarkdownPage, printPage } from '../../../../harness/text/page.ts'
import { silent } from '../../../../harness/text/progress.ts'
import { plain } from '../../../../harness/text/screen.ts'
import { linkPictures } from '../../../../harness/view/document.ts'
import { queryPictures } from '../../../../harness/view/queries/chart.ts'
import { problemsOf, queriesDocument, queriesPage } from '../../../../harness/view/queries/report.ts'
import { comparedQuestions, settingsTable } from '../../../../harness/view/queries/settings-tables.ts'
import { costOfKind } from '../../../../harness/view/queries/summary.ts'
import {
  bytesTable,
  costTable,
  detailTable,
  summaryTable,
  textTable,
  timeTable,
} from '../../../../harness/view/queries/tables.ts'
import { generated, packed } from '../../../lib/formats/blockpack/blocks.ts'
import { lab } from '../../../support/command.ts'
import { describeTempoBlocks, tempoBlockPath } from '../../../support/corpora.ts'
import { isThorough } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { runTasksInProcess } from '../../../support/tasks-in-process.ts'

runTasksInProcess()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'queries-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const fixtures = await discoverPhases(join(import.meta.dirname, '../../../fixtures/queries'))

describe('the difference of answers', () => {
  const exactly = { spanOrder: true, spanIds: 'kept' } as const
  const trace = (id: string, ...spanIds: string[]) => ({
    traceID: id,
    rootServiceName: 'a',
    serviceStats: { b: { spanCount: 2 }, a: { spanCount: 1 } },
    spanSets: [{ matched: 2, spans: spanIds.map(spanID => ({ spanID, durationNanos: '5' })) }],
  })
  const traces = (...list: object[]) => JSON.stringify({ traces: list })
  const series = (values: Record<string, Record<string, number>>, isCut = false) =>
    JSON.stringify({
      isCut,
      series: Object.entries(values).map(([name, points]) => ({
        labels: [{ key: 'name', value: { stringValue: name } }],
        samples: Object.entries(points).map(([timestampMs, value]) => ({ timestampMs, ...(value ? { value } : {}) })),
      })),
    })

  test('of traces: not of their order, nor of that of names', () => {
    const [a, b] = [trace('a', '1', '2'), trace('b', '3')]
    expect(answerDifference(traces(a, b), traces(b, a), exactly)).toBeUndefined()
    const same = { ...a, serviceStats: { a: { spanCount: 1 }, b: { spanCount: 2 } } }
    expect(answerDifference(traces(a), traces(same), exactly)).toBeUndefined()
    expect(answerDifference(traces(a, b), traces(a), exactly)).toMatch(/^\/traces\/b: \{.*, got nothing$/)
    expect(answerDifference(traces(a), traces(a, b), exactly)).toMatch(/^\/traces\/b: nothing, got \{/)
    expect(answerDifference(traces(a), traces(trace('a', '1', '4')), exactly)).toBe(
      '/traces/a/spanSets/0/spans/1/spanID: "2", got "4"',
    )
  })

  test('of spans: order and ids count where they are kept', () => {
    const [a, b] = [traces(trace('a', '1', '2')), traces(trace('a', '2', '1'))]
    expect(answerDifference(a, b, exactly)).toMatch(/spanID: "1", got "2"$/)
    expect(answerDifference(a, b, { spanOrder: false, spanIds: 'kept' })).toBeUndefined()
    const renamed = traces(trace('a', '8', '9'))
    expect(answerDifference(a, renamed, { spanOrder: true, spanIds: 'renamed' })).toBeUndefined()
    expect(answerDifference(a, renamed, { spanOrder: false, spanIds: 'kept' })).toMatch(/spanID/)
  })

  test('of series: values nearly, and of cut answers those that both have', () => {
    const truth = { a: { 60: 1 / 3, 120: 0 }, b: { 60: 2 } }
    expect(
      answerDifference(series(truth), series({ b: truth.b, a: { 60: (1 / 3) * (1 + 1e-12), 120: 0 } }), exactly),
    ).toBe(undefined)
    const label = 'name={"stringValue":"a"}'
    expect(answerDifference(series(truth), series({ ...truth, a: { 60: 0.33, 120: 0 } }), exactly)).toBe(
      `/series/${label}/60: 0.3333333333333333, got 0.33`,
    )
    expect(answerDifference(series(truth), series({ ...truth, a: { 60: 1 / 3 } }), exactly)).toBe(
      `/series/${label}/120: 0, got nothing`,
    )
    expect(answerDifference(series(truth), series({ a: truth.a }), exactly)).toMatch(/got nothing$/)
    expect(answerDifference(series(truth), series({ a: truth.a }, true), exactly)).toBeUndefined()
    expect(answerDifference(series(truth), series({ a: { 60: 1, 120: 0 } }, true), exactly)).toMatch(/got 1$/)
    expect(answerDifference(series(truth), traces(), exactly)).toBe('/: an answer of another kind')
  })
})

test('a kind has a mean where all of its queries have a number', () => {
  const set = setOf('{ }', '{ name = `a` }', '{ } | rate()')
  const result = (millis: number) => {
    const seconds = { median: { wall: 1, cpu: millis / 1e3 }, spread: 0 }
    return { cost: { seconds, bytes: 10, requests: 2, roundTrips: 1, spans: 0 }, problem: null }
  }
  const row = (...results: QueryResult[]): QueryRow => {
    const earned = { results, opening: null, sizeBytes: 1, ingest: null, kept: null, lost: [], queryPeakBytes: 1 }
    return { name: 'x', opens: true, earned, problem: null }
  }
  const whole = costOfKind(set, row(result(1), result(100), result(5)), 'search')!
  expect(whole.geometricMean * 1e3).toBeCloseTo(10)
  expect([whole.median * 1e3, whole.max * 1e3, whole.bytes, whole.requests]).toEqual([50.5, 100, 20, 4])
  expect(whole.sum * 1e3).toBeCloseTo(101)
  const part = row(result(1), { cost: null, problem: 'x' }, result(5))
  expect(costOfKind(set, part, 'search')).toBeNull()
  expect(costOfKind(set, part, 'metrics')!.median).toBe(0.005)
  expect(costOfKind(set, part, 'compare')).toBeNull()
  expect(costOfKind(set, { ...part, earned: null }, 'metrics')).toBeNull()
})

function markdownOf(bench: QueryBench): string {
  return printMarkdownPage(linkPictures('x', queriesDocument(bench)))
}

function setOf(...texts: string[]): QuerySet {
  return { name: 'mine', range: {}, questions: texts.map(text => questionOf({ text })) }
}

describe('the bench', () => {
  const small = () => generatedSource({ workload: 'otel', size: 'small', seed: 2 })

  test('a wrong answer is told with its place, and earns no number', async () => {
    const set = setOf('{ name = `nowhere` }', '{ }', '{ } | count_over_time()')
    const phases = await discoverPhases(join(import.meta.dirname, '../../../fixtures/phases'))
    const candidates = [...selectRows(fixtures, [], []), ...selectRows(phases, ['97'], [])]
    const bench = await measureQueries({ source: small(), candidates, set, rounds: 1, progress: silent })
    const [forgetful, shuffled, lossy] = bench.rows
    expect(bench.truths.map(({ matched, problem }) => [matched > 0, problem])).toEqual([
      [false, null],
      [true, null],
      [true, null],
    ])
    const [absent, all, counts] = forgetful!.earned!.results
    expect(counts!.problem).toMatch(/^answer differs from the oracle's: \/series\/.*\d+: \d+, got \d+$/)
    expect([absent!.problem, absent!.cost!.spans]).toEqual([null, 0])
    expect(all).toEqual({ cost: null, problem: expect.stringMatching(/^answer differs from the oracle's: \/traces\//) })
    expect(problemsOf(bench)[0]).toMatch(
      /^90 forgetful: query \{ \}: PROBLEM: answer differs from the oracle's: .*, got nothing$/,
    )
    expect(costOfKind(set, forgetful!, 'search')).toBeNull()
    expect(shuffled!.earned!.results.map(({ problem }) => problem)).toEqual([null, null, null])
    expect([forgetful, shuffled, lossy].map(row => row!.earned!.kept)).toEqual(['exact', 'unordered', 'lossy'])
    expect(printPage(queriesPage(bench), 'table', plain)).toContain('\n97 lossy loses every other trace\n')
    expect(costOfKind(set, shuffled!, 'search')!.geometricMean).toBeGreaterThan(0)
    for (const table of [summaryTable, detailTable, timeTable, bytesTable, textTable].map(make => make(bench)))
      for (const row of table.rows) expect(row).toHaveLength(table.columns.length)
    expect(costTable(bench, forgetful!).rows[1]!.slice(2)).toEqual(new Array(8).fill(null))
    expect(await drawSvg(queryPictures(bench)[0]!.figure)).toMatch(/^<svg .*>91 shuffled<\/text>.*<\/svg>\n$/s)
    expect(markdownOf(bench)).toContain('- 90 forgetful: query')
    expect(printPage(queriesPage(bench), 'table', plain)).toContain('\n97 lossy: query { }: PROBLEM: answer differs')
  })

  test('a query of the built-in set that finds nothing is a problem, once, and no number', async () => {
    const { questions } = setOf('{ name = `nowhere` }', '{ }')
    const set: QuerySet = {
      ...setOf(),
      questions: [
        { ...questions[0]!, expects: 'some' },
        { ...questions[1]!, expects: 'none' },
      ],
    }
    const candidates = selectRows(fixtures, ['91'], [])
    const bench = await measureQueries({ source: small(), candidates, set, rounds: 1, progress: silent })
    expect(problemsOf(bench)).toEqual([
      'query { name = `nowhere` }: PROBLEM: matches nothing, so that its time would tell nothing',
      'query { }: PROBLEM: should match nothing, matches 1692 spans',
    ])
    expect(bench.rows[0]!.earned!.results.map(({ cost }) => cost)).toEqual([null, null])
    expect(queryPictures(bench)).toEqual([])
  })

  test('phases that open their file and that do not: a table, a page and a picture', async () => {
    const queries = file('three.txt', '{ status = error }\n{ name = `nowhere` }\n{ } | rate() by (name)\n')
    const results = join(folder, 'results')
    const args = ['--size', 'small', '--phase', '02,06', '--rounds', '1', '--queries', queries]
    const { code, stdout, stderr } = await lab('bench', 'queries', ...args, '--results', results, '--no-progress')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/ 02 CBOR +exact +decoded +[\d.]+ +\d+k /)
    expect(stdout).toMatch(/ 06 blockpack +exact +opened /)
    expect(stdout).toMatch(/\n06 blockpack\n[\s\S]* \{ name = `nowhere` \} +0 +[\d.]+ .* 0 \n/)
    expect(stdout).not.toMatch(/\n02 CBOR\n/)
    const page = readFileSync(join(results, 'otel-small-queries.md'), 'utf8')
    expect(page).toContain('![](otel-small-queries.svg)')
    expect(page).toMatch(/\| query +\| 02 CBOR \(decoded\) \| 06 blockpack \|/)
    const [raw] = readdirSync(join(results, 'runs'))
    expect(raw).toMatch(/Z-otel-small-queries\.json$/)
    const saved = (await readMeasurement(join(results, 'runs', raw!))) as QueryBench
    expect(markdownOf(saved).replaceAll('](x', '](otel-small-queries')).toBe(page)
    const svg = readFileSync(join(results, 'otel-small-queries.svg'), 'utf8')
    expect(svg.match(/<circle/g)).toHaveLength(2 + 2 * 3)
  })

  test.skipIf(duckDbProblem() !== undefined)(
    'beside DuckDB (needs @duckdb/node-api): the same answers in all settings, and what it refuses is no problem',
    async () => {
      const set = setOf('{ status = error }', '{ } | rate() by (name)', '{ } | compare({ status = error })')
      const phases = await discoverPhases()
      const candidates = selectRows(phases, ['06'], [])
      const peer = { name: 'duckdb', candidate: selectRows(phases, ['24'], [])[0]! } as const
      const bench = await measureQueries({ source: small(), candidates, set, peer, rounds: 1, progress: silent })
      expect(problemsOf(bench)).toEqual([])
      const duckDb = bench.rows[1]!
      const [search, rate, compare] = duckDb.earned!.results
      expect(Object.values(search!.settings!).map(cost => cost!.median.wall > 0)).toEqual([true, true, true, true])
      expect(Object.values(rate!.settings!).map(cost => cost !== null)).toEqual([true, false, true, false])
      expect(compare).toEqual({ cost: null, problem: null, refusal: 'SQL: compare() is not translated' })
      expect(search!.cost).toMatchObject({ bytes: null, requests: null })
      expect(comparedQuestions(bench)).toEqual([0, 1])
      expect(settingsTable(bench).rows).toHaveLength(2 * 4)
      const page = markdownOf(bench)
      expect(page).toMatch(
        /- DuckDB on 24 Parquet: query \{ \} \| compare.*: not asked: SQL: compare\(\) is not translated/,
      )
      expect(page).toContain('## DuckDB on 24 Parquet, by setting')
      const absent = { ...bench, rows: [{ ...duckDb, earned: null, absence: 'needs the package' }] }
      expect(problemsOf(absent)).toEqual([])
      expect(printPage(queriesPage(absent), 'table', plain)).toContain('\nDuckDB on 24 Parquet: needs the package\n')
    },
    60_000,
  )

  test('too many spans are refused', async () => {
    const refused = await labRejection(prepareQueries(small(), setOf('{ }'), folder, silent, 1000))
    expect(refused.message).toMatch(/^otel small, seed 2: over 1,000 spans, .*--limit or --size$/)
  })
})

describe('a block that the environment names', () => {
  const before = process.cwd()
  afterEach(() => process.chdir(before))

  function inFolder(name: string, env?: string): string {
    const path = join(folder, name)
    mkdirSync(path)
    process.chdir(path)
    if (env !== undefined) writeFileSync('.env', env)
    return process.cwd()
  }

  test('by variables, by .env, which does not overrule them, or not at all', async () => {
    const root = inFolder('named', 'BENCH_BLOCKID=two\nBENCH_PATH="."\nnonsense\n=\n')
    for (const path of ['single-tenant/one', 'single-tenant/two', 'me/one']) mkdirSync(path, { recursive: true })
    expect(await blockOfEnvironment({})).toBe('single-tenant/two')
    expect(await blockOfEnvironment({ BENCH_BLOCKID: 'one', BENCH_PATH: root })).toBe(join(root, 'single-tenant/one'))
    expect(await blockOfEnvironment({ BENCH_BLOCKID: 'one', BENCH_TENANTID: 'me' })).toBe('me/one')
    inFolder('nothing')
    expect(await blockOfEnvironment({})).toBeUndefined()
    expect(await blockOfEnvironment({ BENCH_PATH: '', BENCH_BLOCKID: '' })).toBeUndefined()
    mkdirSync('.env')
    expect(await blockOfEnvironment({})).toBeUndefined()
  })

  test('half named, or not there', async () => {
    inFolder('half')
    const told = async (variables: Record<string, string>) =>
      (await labRejection(blockOfEnvironment(variables))).message
    expect(await told({ BENCH_PATH: '/x' })).toMatch(/^BENCH_BLOCKID: not set; a block needs/)
    expect(await told({ BENCH_BLOCKID: 'x' })).toMatch(/^BENCH_PATH: not set/)
    expect(await told({ BENCH_TENANTID: 'x' })).toMatch(/^BENCH_PATH and BENCH_BLOCKID: not set/)
    expect(await told({ BENCH_PATH: '/nowhere', BENCH_BLOCKID: 'x' })).toMatch(
      /^\/nowhere\/single-tenant\/x: no such folder \(of BENCH_PATH/,
    )
  })

  test('is asked as it lies, and its traces by the phases; another source goes before it', async () => {
    const root = inFolder('block', 'BENCH_PATH=blocks\nBENCH_BLOCKID=b1\n')
    mkdirSync('blocks/single-tenant/b1', { recursive: true })
    writeFileSync('blocks/single-tenant/b1/data.bp', await packed(generated(20)))
    const args = ['bench', 'queries', '--phase', '06', '--rounds', '1', '--results', root, '--no-progress']
    const { code, stdout } = await lab(...args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/20 traces, [\s\S]*queries tempo: \d+ of 43 find something/)
    expect(stdout).toMatch(/ the block as it lies +opened +[\d.]+ +– +– /)
    expect(stdout).toMatch(/ 06 blockpack +exact +opened /)
    expect(readFileSync(join(root, 'b1-queries.md'), 'utf8')).toContain('the block as it lies')
    rmSync('blocks', { recursive: true })
    expect((await lab(...args)).stderr).toMatch(/^blocks\/single-tenant\/b1: no such folder/)
    expect((await lab(...args, '--size', 'small', '--queries', 'none')).stderr).toMatch(/^--queries none: /)
  })
})

describeTempoBlocks('blocks of Tempo', () => {
  afterEach(() => vi.unstubAllEnvs())

  const blocks = [
    ['search', 'blocks-vParquet5', 20],
    ['demo-blob', 'blocks-vParquet4', 36],
  ] as const

  test.each(isThorough ? blocks : blocks.slice(0, 1))(
    '%s, %s: the block as it lies answers as its traces do',
    async (set, version, finding) => {
      const path = tempoBlockPath(`${set}/${version}`)
      const [id] = readdirSync(join(path, 'single-tenant'))
      vi.stubEnv('BENCH_PATH', path)
      vi.stubEnv('BENCH_BLOCKID', id)
      const args = ['--phase', '02', '--rounds', '1', '--results', folder, '--no-progress']
      const { code, stdout, stderr } = await lab('bench', 'queries', ...args)
      expect(code).toBe(0)
      expect(stderr).toMatch(
        /^dropped by the source, first in [^\n]*\.parquet: vparquet: what vParquet\d does not hold [^\n]*\n$/,
      )
      expect(stdout).toContain(`queries tempo: ${finding} of 43 find something`)
      expect(stdout).toMatch(/ the block as it lies +opened +[\d.]+ +– +– +[\d.]+ +[\d.]+ /)
      expect(stdout).toMatch(/ 02 CBOR +exact +decoded /)
    },
    120_000,
  )
})

test('wrong calls', async () => {
  for (const [args, message] of [
    [['--queries', 'nowhere.txt'], /^--queries nowhere\.txt: no such file/],
    [['--rounds', '0'], /^--rounds 0: needs an integer from 1/],
    [['--limit', '5'], /^--limit: goes with --input/],
    [['--phase', '77'], /^--phase 77: no such phase/],
  ] as const) {
    const { code, stdout, stderr } = await lab('bench', 'queries', ...args, '--no-progress')
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  }
})
