import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

/** What commands say of files of which the spans were sampled. */

/** By trace its id and trace state: one of 4, one of a threshold that contradicts it, one of none that can be read. */
const traces = [
  ['1111111111111111ffffffffffffffff', 'ot=th:c'],
  ['22222222222222220000000000000000', 'ot=th:c'],
  ['3333333333333333ffffffffffffffff', 'ot=th:none'],
] as const

let folder: string
const captures = () => join(folder, 'traces.json')
const block = () => join(folder, 'traces.bp')
const similar = () => join(folder, 'similar.bp')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  const spans = traces.map(([traceId, traceState], i) => ({
    ...{ traceId, traceState, spanId: `b7ad6b716920333${i}`, name: 'op' },
    ...{ startTimeUnixNano: '1000000000', endTimeUnixNano: '1000000009' },
  }))
  await writeFile(captures(), JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
  for (const [out, ...flags] of [[block()], [similar(), '--enable-minhash']])
    await lab('convert', captures(), '--to', 'blockpack', '--out', out!, '--no-progress', ...flags)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const note =
  'sampled: 3 spans stand for 6; th is malformed in 1 span, which count once; th contradicts the randomness of 1 span, ' +
  'which count once; traces that were not kept cannot be found\n'

test.each([
  ['query', ['{ }']],
  ['query', ['{ } | rate()']],
  ['tags', []],
  ['tag-values', ['name']],
])('%s %j says that spans were sampled, also in JSON', async (command, args) => {
  for (const file of [captures(), block()]) {
    const { code, stdout, stderr } = await lab(command, ...args, file, '--json')
    expect([code, stderr]).toEqual([0, note])
    const sampled = { spanCount: 3, representedCount: 6, malformedCount: 1, contradictingCount: 1 }
    expect(JSON.parse(stdout).input.sampled).toEqual(sampled)
  }
})

test('each span counts as often as its trace state says', async () => {
  for (const file of [captures(), block()]) {
    const { stdout } = await lab('query', '{ } | count_over_time()', file, '--json')
    expect(JSON.parse(stdout).series[0].samples[0].value).toBe(6)
  }
})

test('a trace that is not found may have been left out', async () => {
  for (const file of [captures(), block()]) {
    const { code, stderr } = await lab('trace', '44', file)
    expect(code).toBe(1)
    expect(stderr).toContain(`trace 44: is not in ${file}; sampling may have left it out of ${file}`)
  }
  expect((await lab('similar', '44', similar())).stderr).toContain('sampling may have left it out')
  expect((await lab('trace', traces[0][0], captures())).stderr).toBe('')
})

test('query --interval gives each series its bounds, in a table and in JSON', async () => {
  for (const file of [captures(), block()]) {
    const { stdout } = await lab('query', '{ } | count_over_time()', file, '--interval', '--json')
    const { series, bounds } = JSON.parse(stdout)
    const [value, lower, upper] = series.map(({ samples }: { samples: { value: number }[] }) => samples[0]!.value)
    expect(value).toBe(6)
    expect(lower).toBeGreaterThanOrEqual(3)
    expect(lower).toBeLessThan(6)
    expect(upper).toBeGreaterThan(6)
    expect(bounds).toEqual({ confidence: 0.95, isSampled: true, unbounded: [] })
    const table = await lab('query', '{ } | min_over_time(duration)', file, '--interval')
    expect(table.stdout).toContain('__lower and __upper hold the truth with 95 %; none of min_over_time')
    expect((await lab('query', '{ } | rate() by (name)', file, '--interval')).stdout).toContain('rate__lower')
  }
})

test('query --interval of a search is a wrong call', async () => {
  const { code, stderr } = await lab('query', '{ }', block(), '--interval')
  expect([code, stderr]).toEqual([2, '--interval: goes with a metrics query, this is a search\n'])
})
