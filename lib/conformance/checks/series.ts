import { LabError } from '../../error.ts'
import { nanosOf, roundUp } from '../api/request.ts'
import { type FoundSeries, printKeyed, sortKeyed } from '../api/response.ts'
import { type CheckMaker, type Judged, listsDiffer } from './check.ts'

/** Labels in braces, and points: `_` where there is none, `1*3` for three. */
function parseSeries(line: string): { labels: string; points: (number | undefined)[] } {
  const [, labels, points] = /^\{(.*)\}\s+(\S.*)$/.exec(line) ?? []
  if (labels === undefined) throw new LabError('invalid', `${line}: expected {labels} and values`)
  return { labels: sortKeyed(labels), points: points!.split(/\s+/).flatMap(parsePoints) }
}

function parsePoints(word: string): (number | undefined)[] {
  const [value, count = '1'] = word.split('*')
  const point = value === '_' ? undefined : Number(value)
  if (Number.isNaN(point)) throw new LabError('invalid', `${word}: expected a number or _`)
  return Array.from({ length: Number(count) }, () => point)
}

/** Exactly these series with these points, the first at the end of the first interval; or these among others. */
export function seriesCheck(kind: 'series' | 'among'): CheckMaker {
  return words => {
    const expected = words === '-' ? [] : words.split('\n').map(parseSeries)
    return judged => {
      const { series = [] } = judged.json
      const isAsked = (own: FoundSeries) => expected.some(({ labels }) => labels === labelsOf(own))
      return differ(expected, kind === 'among' ? series.filter(isAsked) : series, own => pointsOf(own, judged))
    }
  }
}

/** The name of what was computed is left to servers. */
function labelsOf({ labels = [] }: FoundSeries): string {
  return printKeyed(labels.filter(({ key }) => key !== '__name__'))
}

/** Exactly these series with one value each. */
export const valueCheck: CheckMaker = words => {
  const expected = words === '-' ? [] : words.split('\n').map(parseSeries)
  return ({ json }) => differ(expected, json.series ?? [], ({ value = 0 }) => [Number(value)])
}

type Points = (number | undefined)[]

function differ(
  expected: readonly { labels: string; points: Points }[],
  found: readonly FoundSeries[],
  pointsOf: (series: FoundSeries) => Points,
): string | undefined {
  const labels = found.map(labelsOf)
  const difference = listsDiffer(
    expected.map(series => `{${series.labels}}`),
    labels.map(text => `{${text}}`),
  )
  if (difference !== undefined) return difference
  for (const { labels: own, points } of expected) {
    const actual = pointsOf(found[labels.indexOf(own)]!)
    const length = Math.max(points.length, actual.length)
    for (let i = 0; i < length; i++)
      if (!isClose(points[i], actual[i])) return `{${own}} expected ${print(points)}, got ${print(actual)}`
  }
  return undefined
}

/** Samples by interval; NaN, which is like nothing, after them where one is at no end of an interval. */
function pointsOf({ samples = [] }: FoundSeries, { request, run }: Judged): Points {
  const { start = '0s', step = '10s' } = request.parameters
  const stepNanos = nanosOf(step)
  const first = roundUp(run.baseNanos + nanosOf(start), stepNanos)
  const points: Points = []
  let isAstray = false
  for (const { timestampMs, value = 0 } of samples) {
    const place = Number(BigInt(timestampMs) * 1_000_000n - first) / Number(stepNanos)
    if (Number.isInteger(place) && place >= 0 && place < 100_000) points[place] = Number(value)
    else isAstray = true
  }
  return isAstray ? [...points, Number.NaN] : points
}

function isClose(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return Math.abs(a - b) <= 1e-9 * Math.abs(a)
}

function print(points: Points): string {
  return Array.from(points, point => point ?? '_').join(' ')
}

/** 1 to so many exemplars of each series, each of a trace of the set. */
export const exemplarsCheck: CheckMaker = words => judged => {
  for (const { labels, exemplars = [] } of judged.json.series ?? []) {
    if (exemplars.length === 0 || exemplars.length > Number(words))
      return `{${printKeyed(labels)}} expected 1 to ${words} exemplars, got ${exemplars.length}`
    for (const { labels: own = [] } of exemplars) {
      const id = own.find(({ key }) => key === 'trace:id')?.value?.stringValue ?? ''
      if (judged.set.traceLabel(id) === undefined) return `an exemplar of trace ${id || 'without an id'}`
    }
  }
  return judged.json.series?.length ? undefined : 'an empty answer'
}
