import { LabError } from '../../lib/error.ts'
import { writeText } from '../../lib/storage/local-write.ts'
import { timeExtent } from '../../lib/traceql/engine/time-extent.ts'
import type { Query } from '../../lib/traceql/language/ast.ts'
import { defaultStepNanos, type Intervals, intervalsOf } from '../../lib/traceql/metrics/intervals.ts'
import { type MetricsAnswer, queryRange, type RangeOptions } from '../../lib/traceql/metrics/metrics.ts'
import { drawSvg } from '../charts/svg.ts'
import { leftOutJson } from '../open/left-out.ts'
import { asUsage } from '../open/query-text.ts'
import { bytesRead, type SearchSource } from '../open/search-source.ts'
import { plural, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { printNanos, printTime } from '../text/times.ts'
import { explanationJson, explanationPage } from '../view/explanation.ts'
import { seriesFigure, seriesTable } from '../view/series-report.ts'
import type { Answer } from './show.ts'

export interface RangeArguments {
  query: string | undefined
  start?: bigint | undefined
  end?: bigint | undefined
  step?: bigint | undefined
  interval?: boolean | undefined
  svg?: string | undefined
  explain: boolean
}

/** The answer to a metrics query; as JSON in the shape of Tempo's API. May also draw it. */
export async function answerRange(opened: SearchSource, query: Query, args: RangeArguments): Promise<Answer> {
  const range = await rangeOf(opened, args)
  const intervals = checkIntervals(range)
  const answer = await queryRange(opened.source, query, {
    ...range,
    workers: opened.workers,
    withBounds: args.interval,
  })
  const { svg } = args
  if (svg !== undefined) {
    if (answer.series.length === 0) throw new LabError('missing', `${svg}: the answer has no series to draw`)
    await writeText(svg, await drawSvg(seriesFigure(args.query!, answer, intervals)))
  }
  return { page: () => pageOf(answer, intervals, opened, args), json: () => toJson(answer, opened, args) }
}

/** The range that is asked for; else all of the data. */
async function rangeOf({ source, files }: SearchSource, { start, end, step }: RangeArguments): Promise<RangeOptions> {
  let [startNanos, endNanos] = [start, end]
  if (startNanos === undefined || endNanos === undefined) {
    const extent = await timeExtent(source)
    if (extent === undefined) throw new LabError('missing', `${files.map(({ name }) => name).join(', ')}: no spans`)
    startNanos ??= extent.firstNanos
    endNanos ??= extent.lastNanos + 1n
    if (endNanos <= startNanos)
      throw new LabError(
        'usage',
        start === undefined
          ? `--end ${end} ns: no span starts before it, the first one at ${extent.firstNanos}`
          : `--start ${start} ns: no span starts after it, the last one at ${extent.lastNanos}`,
      )
  }
  return { startNanos, endNanos, stepNanos: step ?? defaultStepNanos(startNanos, endNanos) }
}

function checkIntervals({ startNanos, endNanos, stepNanos }: RangeOptions): Intervals {
  try {
    return intervalsOf(startNanos, endNanos, stepNanos)
  } catch (error) {
    throw asUsage(error)
  }
}

function toJson({ explain, ...shown }: MetricsAnswer, { files, leftOut }: SearchSource, args: RangeArguments) {
  const answer = {
    ...shown,
    metrics: { ...shown.metrics, inspectedBytes: String(bytesRead(files)) },
    ...leftOutJson(leftOut),
  }
  return args.explain ? { ...answer, explain: explanationJson(explain, files) } : answer
}

function pageOf(
  answer: MetricsAnswer,
  intervals: Intervals,
  { files }: SearchSource,
  { explain, svg }: RangeArguments,
): Page {
  const { startNanos, stepNanos, count } = intervals
  const { series, metrics, message, bounds } = answer
  return [
    seriesTable(answer, intervals),
    `${whole(series.length)} series of ${plural(count, 'interval')} from ${printTime(startNanos)}, step ${printNanos(stepNanos)}; ` +
      `looked at ${plural(Number(metrics.inspectedSpans), 'span')}`,
    ...(message === undefined ? [] : [message]),
    ...(bounds === undefined ? [] : [describeBounds(bounds)]),
    ...(svg === undefined ? [] : [`drawn in ${svg}`]),
    ...(explain ? ['', ...explanationPage(answer.explain, files)] : []),
  ]
}

function describeBounds({ isSampled, unbounded }: NonNullable<MetricsAnswer['bounds']>): string {
  if (!isSampled) return 'no span was sampled: __lower and __upper are the points themselves'
  const without = unbounded.length === 0 ? '' : `; none of ${unbounded.join(', ')}: spans beyond may have been left out`
  return `__lower and __upper hold the truth with 95 %${without}`
}
