import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { printTrace } from '../../../lib/formats/ndjson/print.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { lab } from '../../support/command.ts'
import { generatedTraces } from '../../support/generated.ts'

const folder = mkdtempSync(join(tmpdir(), 'patterns-'))
afterAll(() => rmSync(folder, { recursive: true }))

function capture(name: string, traces: readonly Trace[]): string {
  const path = join(folder, name)
  writeFileSync(path, traces.map(printTrace).join(''))
  return path
}

const traces = generatedTraces('classic', 300)
const file = capture('a.ndjson', traces)

describe('patterns of a capture', () => {
  test('as a table, whose shares are of all', async () => {
    const { code, stdout } = await lab('patterns', file, '--top', '2')
    expect(code).toBe(0)
    expect(stdout).toMatch(/a\.ndjson: 300 traces of \d+ templates, of which 2 are shown, with \d+\.\d % of the traces/)
  })

  test('as JSON: counts sum to those of the capture, and shares to 1', async () => {
    const { stdout } = await lab('patterns', file, '--json', '--top', '1000')
    const { traceCount, spanCount, templates } = JSON.parse(stdout)
    expect([traceCount, spanCount]).toEqual([300, traces.reduce((sum, { spans }) => sum + spans.length, 0)])
    for (const share of ['shareOfTraces', 'shareOfSpans', 'shareOfBytes'])
      expect(templates.reduce((sum: number, one: Record<string, number>) => sum + one[share]!, 0)).toBeCloseTo(1)
    expect(templates[0]).toMatchObject({
      key: expect.stringMatching(/^[0-9a-f]{16}$/),
      example: expect.stringMatching(/^[0-9a-f]{32}$/),
      nodes: expect.arrayContaining([expect.objectContaining({ depth: 0 })]),
    })
    expect(templates[0].durationNanos.p50).toBeLessThanOrEqual(templates[0].durationNanos.p99)
  })

  test('one by the first digits of its key, as a tree', async () => {
    const { templates } = JSON.parse((await lab('patterns', file, '--json')).stdout)
    const { key, spansOfOne } = templates.find((one: { spansOfOne: number }) => one.spansOfOne > 3)
    const { code, stdout } = await lab('patterns', file, '--template', key.slice(0, 6).toUpperCase(), '--format', 'csv')
    expect(code).toBe(0)
    expect(stdout).toContain(key)
    expect(stdout.split('\r\n').length).toBeGreaterThan(Math.min(4, spansOfOne))
  })

  test.each(['table', 'markdown', 'csv', 'json'])('trees as %s', async format => {
    const { code, stdout } = await lab('patterns', file, '--tree', '--format', format)
    expect(code).toBe(0)
    expect(stdout.length).toBeGreaterThan(500)
  })

  test('the same of another format', async () => {
    const packed = join(folder, 'a.bp')
    expect((await lab('convert', file, '--to', 'blockpack', '--out', packed)).code).toBe(0)
    const [one, two] = [
      await lab('patterns', file, '--format', 'csv'),
      await lab('patterns', packed, '--format', 'csv'),
    ]
    expect(two.stdout).toBe(one.stdout)
  })
})

describe('patterns of two captures', () => {
  const slow = traces.slice(0, 150).map(({ traceId, spans }) => ({
    traceId,
    spans: spans.map(one => ({ ...one, endNanos: one.endNanos + 3_000_000_000n })),
  }))
  const other = capture('b.ndjson', slow)

  test('the same twice: nothing differs', async () => {
    const { code, stdout } = await lab('patterns', file, file)
    expect(code).toBe(0)
    expect(stdout).toContain('no template differs beyond noise')
  })

  test('what became slower, and how that is known', async () => {
    const { stdout } = await lab('patterns', file, other)
    expect(stdout).toContain('slower')
    expect(stdout).toMatch(/Mann and Whitney.*Fisher.*Bonferroni/)
  })

  test('as JSON, with what differs and what does not', async () => {
    const { inputs, templates } = JSON.parse((await lab('patterns', file, other, '--json')).stdout)
    expect(inputs.map(({ source }: { source: string }) => source)).toEqual(['a.ndjson', 'b.ndjson'])
    expect(templates[0].changes).toContain('slower')
    expect(templates[0].a.durationNanos.p50).toBeLessThan(templates[0].b.durationNanos.p50)
  })
})

test.each([
  [['patterns'], 2, /not enough|Not enough|needs/],
  [['patterns', file, file, file], 2, /3 captures: needs one, or two to compare/],
  [['patterns', file, file, '--tree'], 2, /--tree: goes with one capture/],
  [['patterns', file, '--top', '0'], 2, /--top 0: needs an integer/],
  [['patterns', file, '--template', 'zz'], 1, /--template zz: no template of the capture has such a key/],
  [['patterns', join(folder, 'none')], 1, /no such file/],
] as const)('%j ends with code %d', async (args, code, message) => {
  const outcome = await lab(...args)
  expect(outcome.stderr).toMatch(message)
  expect(outcome.code).toBe(code)
  expect(outcome.stdout).toBe('')
})
