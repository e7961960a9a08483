import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

let folder: string
const captures = () => join(folder, 'traces.json')
const tiers = () => join(folder, 'traces.tiers')

/** A trace a minute; every fourth fails. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  const spans = Array.from({ length: 40 }, (_, i) => ({
    ...{ traceId: `${i + 10}`.padStart(32, '0'), spanId: 'b7ad6b7169203331', name: 'op' },
    ...{ startTimeUnixNano: `${i * 60}000000000`, endTimeUnixNano: `${i * 60}000001000` },
    ...(i % 4 === 0 ? { status: { code: 2 } } : {}),
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] }
  await writeFile(captures(), JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }))
  const list = 'exact:10m,renamed:20m,rollup:inf'
  await lab('convert', captures(), '--to', 'tiers', '--tiers', list, '--out', tiers(), '--no-progress')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('counts come from all tiers, and of a range from the best that hold it', async () => {
  for (const file of [tiers(), captures()]) {
    const { stdout } = await lab('rollup', file, '--by', 'service', '--format', 'json')
    expect(JSON.parse(stdout).rows ?? JSON.parse(stdout)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ service: 'cart', spans: 40, errors: 0.25 })]),
    )
  }
  expect((await lab('rollup', tiers())).stdout).toContain('from exact and rollup of 1 h; latencies are within 0.55 %')
  expect((await lab('rollup', tiers(), '--start', '1800')).stdout).toContain('from exact\n')
  expect((await lab('rollup', tiers(), '--end', '60')).stdout).toContain('from rollup of 1 min')
})

test('a search says whether traces may be missing', async () => {
  const { stdout } = await lab('rollup', tiers(), '--search', '{ status = error }')
  expect(stdout).toContain('traces, from exact, renamed of more traces; others that match may be gone')
  expect((await lab('rollup', captures(), '--search', '{ status = error }')).stdout).toContain(
    '10 traces, from exact\n',
  )
})

test('metrics are cumulative exponential histograms, a request per interval', async () => {
  const out = join(folder, 'metrics.json')
  for (const file of [tiers(), captures()]) {
    await lab('rollup', file, '--out', out, '--step', '1m')
    const lines = (await readFile(out, 'utf8'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.length).toBe(40)
    const points = lines.flatMap(({ resourceMetrics: [{ scopeMetrics }] }) => scopeMetrics[0].metrics[0])
    expect(points[0]).toMatchObject({ name: 'traces.span.duration', unit: 'ns' })
    const all = points.flatMap(({ exponentialHistogram }) => exponentialHistogram.dataPoints)
    const counts = all.map(({ count }: { count: string }) => Number(count))
    expect(counts.sort((a: number, b: number) => a - b).slice(-20)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 11),
    )
    // 1,000 ns lie in the bucket of index 637: (2^(637/64), 2^(638/64)].
    const last = all.at(-1)
    expect(last).toMatchObject({
      scale: 6,
      count: '30',
      zeroCount: '0',
      positive: { offset: 637, bucketCounts: ['30'] },
    })
  }
})

test.each([
  [['--tiers', 'exact:1h,rollup:7d', '--to', 'tiers'], '--tiers: rollup:7d is the last, so its age must be inf'],
  [['--tiers', 'rollup:inf', '--to', 'ndjson'], '--tiers: goes with --to tiers'],
])('convert refuses a wrong call before it reads: %s', async (flags, message) => {
  const { stderr, code } = await lab('convert', '/nowhere', '--out', join(folder, 'x'), ...flags)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})

test.each([
  [['--step', '1m'], '--step: goes with --out'],
  [['--search', '{ }', '--by', 'service'], '--by: does not go with --search or --out'],
  [['--search', '{'], 'traceql at line 1, column 2'],
  [['--search', '{ }', '--out', 'x'], '--search: does not go with --out'],
  [['--start', '5', '--end', '5'], '--end: 5000000000 ns is not after --start'],
])('rollup refuses a wrong call: %s', async (flags, message) => {
  const { stderr, code } = await lab('rollup', tiers(), ...flags)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})

test('a question that no tier can answer says why', async () => {
  const { stderr, code } = await lab('rollup', tiers(), '--start', '60000000500', '--end', '130')
  expect(stderr).toContain('the range cuts second 60, of which rollups have the whole: ask from whole seconds')
  expect(code).toBe(1)
})
