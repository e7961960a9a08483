import { defaultStepNanos } from '../../../traceql/metrics/intervals.ts'
import { type MetricsAnswer, queryInstant, queryRange, type SeriesAnswer } from '../../../traceql/metrics/metrics.ts'
import type { Schema } from '../message.ts'
import type { Parameters } from '../parameters.ts'
import { type Answer, answerMessage, bytesRead, type Question, type Route } from '../route.ts'
import { instantResponse, rangeResponse } from '../tempopb.ts'

const defaultSinceNanos = 3_600_000_000_000n

/** Series over a range, a point a step. */
export const queryRangeRoute: Route = {
  path: '/api/metrics/query_range',
  async answer(question) {
    const { parameters, source, limits, knownCells } = question
    const range = rangeOf(parameters)
    const stepNanos = parameters.duration('step') ?? defaultStepNanos(range.startNanos, range.endNanos)
    const exemplars = parameters.integer('exemplars', 0, 100_000)
    const found = await queryRange(source, parameters.query(), {
      ...{ ...limits, ...range, stepNanos, exemplars, knownCells },
    })
    return seriesAnswer(rangeResponse, found, found.series, question)
  },
}

/** One value a series, of the range as a whole. */
export const queryInstantRoute: Route = {
  path: '/api/metrics/query',
  async answer(question) {
    const { parameters, source, limits } = question
    const found = await queryInstant(source, parameters.query(), { ...limits, ...rangeOf(parameters) })
    return seriesAnswer(instantResponse, found, found.series.flatMap(instantSeries), question)
  },
}

/** The range that is asked for, else the last hour, or `since`. */
export function rangeOf(parameters: Parameters): { startNanos: bigint; endNanos: bigint } {
  const { startNanos, endNanos = BigInt(Date.now()) * 1_000_000n } = parameters.range()
  return { startNanos: startNanos ?? endNanos - (parameters.duration('since') ?? defaultSinceNanos), endNanos }
}

function instantSeries({ labels, samples: [sample] }: SeriesAnswer) {
  if (sample === undefined) return []
  return sample.value === undefined ? [{ labels }] : [{ labels, value: sample.value }]
}

function seriesAnswer(schema: Schema, found: MetricsAnswer, series: readonly object[], question: Question): Answer {
  const { inspectedSpans } = found.metrics
  const metrics = { inspectedSpans, inspectedBytes: bytesRead(question), completedJobs: 1, totalJobs: 1 }
  return answerMessage(schema, { series, metrics }, question, found.message)
}
