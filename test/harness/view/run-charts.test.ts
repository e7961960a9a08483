import { expect, test } from 'vitest'
import type { Run } from '../../../harness/runs/run-schema.ts'
import { drawRun } from '../../../harness/view/run-charts.ts'

/** A run of rows of so many bytes a span; null for one with a problem. */
function runOf(...rows: [title: string, bytesPerSpan: number | null, fidelity?: string][]): Run {
  return {
    input: { name: 'x-small', source: 'x & y', spanCount: 100, floorBytes: 1000, floorKind: 'generator' },
    rows: rows.map(([title, bytesPerSpan, fidelity = 'exact'], i) => ({
      phase: `0${i}`,
      variant: 'default',
      title,
      fidelity,
      bytesPerSpan,
      encodeCpuSeconds: bytesPerSpan === null ? null : 0.01,
      decodeCpuSeconds: bytesPerSpan === null ? null : 0.001,
    })),
  } as unknown as Run
}

test('a run without an earned row has no charts', () => {
  expect(drawRun(runOf(['broken', null]))).toEqual({})
})

test('bars have a name, a value and the floor; only those of six floors and more are cut', () => {
  const { 'x-small-size.svg': svg } = drawRun(runOf(['wide', 61], ['narrow <b>', 12, 'lossy'], ['broken', null]))
  expect(svg).toContain('x &amp; y')
  expect(svg).toContain('>floor 10.0 (generator)</text>')
  expect(svg).toContain('>01 narrow &lt;b&gt; (lossy)</text>')
  expect(svg).toContain('>61.0</text>')
  expect(svg).not.toContain('broken')
  expect(svg!.match(/fill="#fff"\/>/g)).toHaveLength(2)
  const widths = [...svg!.matchAll(/<rect x="250".*? width="([\d.]+)"/g)].map(match => Number(match[1]))
  expect(widths[0]! / widths[1]!).toBeCloseTo(5, 1)
})

test('a long name is cut, its class is not', () => {
  const { 'x-small-size.svg': svg } = drawRun(runOf(['a'.repeat(60), 20, 'unordered']))
  expect(svg).toMatch(/>00 a+… \(unordered\)<\/text>/)
})

test('a pair of dots a row: encode above decode, where it takes longer; smaller to the left', () => {
  const { 'x-small-cpu.svg': svg } = drawRun(runOf(['one', 20], ['two', 200]))
  const dots = [...svg!.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(match => match.slice(1).map(Number))
  expect(dots).toHaveLength(4)
  expect(dots[0]![1]!).toBeLessThan(dots[1]![1]!)
  expect(dots[0]![0]).toBe(dots[1]![0])
  expect(dots[0]![0]!).toBeLessThan(dots[2]![0]!)
  for (const value of dots.flat()) expect(Number.isFinite(value)).toBe(true)
})

test('the picture is wide enough for the longest name', () => {
  const { 'x-small-cpu.svg': svg } = drawRun(runOf(['w'.repeat(60), 20, 'unordered'], ['two', 200]))
  const [, width] = /viewBox="0 0 (\d+) /.exec(svg!)!
  const [, x, name] = /<text x="([\d.]+)"[^>]*>(00 w[^<]+)</.exec(svg!)!
  expect(Number(width) - Number(x)).toBeGreaterThan(6.5 * name!.length)
})
