import { expect, test } from 'vitest'
import { drawSvg } from '../../../harness/charts/svg.ts'
import type { Run } from '../../../harness/runs/run-schema.ts'
import { runPictures } from '../../../harness/view/run-charts.ts'

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

/** The pictures of a run by the ends of their names. */
async function drawRun(run: Run): Promise<Record<string, string>> {
  const drawn = runPictures(run).map(async ({ suffix, figure }) => [suffix, await drawSvg(figure)])
  return Object.fromEntries(await Promise.all(drawn))
}

test('a run without an earned row has no charts', () => {
  expect(runPictures(runOf(['broken', null]))).toEqual([])
})

test('bars have a name, a value and the floor; only those of six floors and more are cut', async () => {
  const { '-size': svg } = await drawRun(runOf(['wide', 61], ['narrow <b>', 12, 'lossy'], ['broken', null]))
  expect(svg).toContain('x &amp; y')
  expect(svg).toContain('>floor 10.0 (generator)</text>')
  expect(svg).toContain('>01 narrow &lt;b&gt; (lossy)</text>')
  expect(svg).toContain('>61.0</text>')
  expect(svg).not.toContain('broken')
  expect(svg!.match(/>\/\/<\/text>/g)).toHaveLength(1)
  const widths = [...svg!.matchAll(/<rect height="\d+" y="\d+" width="([\d.]+)"/g)].map(match => Number(match[1]))
  expect(widths[0]! / widths[1]!).toBeCloseTo(5, 1)
})

test('a long name is cut, its class is not', async () => {
  const { '-size': svg } = await drawRun(runOf(['a'.repeat(60), 20, 'unordered']))
  expect(svg).toMatch(/>00 a+… \(unordered\)<\/text>/)
})

test('a pair of dots a row: encode above decode, where it takes longer; smaller to the left', async () => {
  const { '-cpu': svg } = await drawRun(runOf(['one', 20], ['two', 200]))
  const dots = [...svg!.matchAll(/<circle [^>]*cy="([\d.]+)" cx="([\d.]+)"/g)].map(([, y, x]) => [Number(x), Number(y)])
  expect(dots).toHaveLength(4)
  const [hollow, , filled, other] = dots
  expect(filled![1]!).toBeLessThan(hollow![1]!)
  expect(filled![0]).toBe(hollow![0])
  expect(filled![0]!).toBeLessThan(other![0]!)
  for (const value of dots.flat()) expect(Number.isFinite(value)).toBe(true)
})

test('the picture is wide enough for the longest name', async () => {
  const { '-cpu': svg } = await drawRun(runOf(['w'.repeat(60), 20, 'unordered'], ['two', 200]))
  const [, width] = /viewBox="0 0 (\d+) /.exec(svg!)!
  const [, x, name] = /<text [^>]*transform="translate\(([\d.]+),[^>]*>(00 w[^<]+)</.exec(svg!)!
  expect(Number(width) - Number(x)).toBeGreaterThan(6.5 * name!.length)
})
