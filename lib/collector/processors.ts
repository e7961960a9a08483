import { withSubject } from '../error.ts'
import type { Span, Trace } from '../model/trace.ts'
import { pruneTrace } from '../patterns/prune.ts'
import { checkPruneConfig, defaultPruneConfig, type PruneConfig } from '../patterns/prune-config.ts'
import { adjustedCount, parseThreshold, randomnessOf, thresholdOf, withThreshold } from '../sampling/threshold.ts'
import { parseDuration } from '../traceql/language/time-texts.ts'
import { readPolicy } from './policies.ts'
import type { Policy } from './policy.ts'
import type { LeftOut, Section } from './section.ts'
import { sampleTail, type TailSampled } from './tail-sampling.ts'

/** What a processor makes of traces: those that are kept, and of tail sampling what each policy does. */
export type Replayed = Pick<TailSampled, 'kept'> & Partial<TailSampled>

/** A processor of a collector's configuration, as it is replayed. */
export interface Processor {
  /** As in the file: `tail_sampling/errors`. */
  readonly name: string
  readonly policies: readonly Policy[]
  replay(traces: readonly Trace[]): Replayed
}

type ReadProcessor = (name: string, section: Section, leftOut: LeftOut[], ignored: string[]) => Processor

/** By type what reads its settings. */
export const processorTypes: Readonly<Record<string, ReadProcessor>> = {
  tail_sampling: readTailSampling,
  probabilistic_sampler: readProbabilisticSampler,
  spanpruning: readSpanPruning,
}

const tailSettings = [
  ...['decision_wait', 'decision_wait_after_root_received', 'num_traces', 'expected_new_traces_per_sec'],
  ...['decision_cache', 'sample_on_first_match', 'drop_pending_traces_on_shutdown', 'block_on_overflow'],
  ...['maximum_trace_size_bytes', 'sampling_strategy', 'tail_storage'],
]

function readTailSampling(name: string, section: Section, leftOut: LeftOut[], ignored: string[]): Processor {
  const sections = section.sections('policies')
  if (sections.length === 0) throw section.fail('policies', 'is missing or empty, needs policies')
  const readPolicies = (notes: LeftOut[]) => sections.flatMap(own => readPolicy(own, notes) ?? [])
  const policies = readPolicies(leftOut)
  ignored.push(...section.given(tailSettings))
  leftOut.push(...section.unread())
  // Limiters count: each replay begins with policies that have counted nothing.
  return { name, policies, replay: traces => sampleTail(traces, readPolicies([])) }
}

const samplerSettings = [
  ...['hash_seed', 'sampling_precision', 'fail_closed', 'attribute_source', 'from_attribute', 'sampling_priority'],
]

function readProbabilisticSampler(name: string, section: Section, leftOut: LeftOut[], ignored: string[]): Processor {
  const probability = Math.min(1, section.number('sampling_percentage', { min: 0 }) / 100)
  const mode = section.choice('mode', ['hash_seed', 'proportional', 'equalizing'])
  ignored.push(...section.given(samplerSettings))
  leftOut.push(...section.unread())
  const own = thresholdOf(probability)
  const thresholdFor = (known: bigint) => {
    if (mode === 'equalizing') return known > own ? known : own
    return known === 0n ? own : thresholdOf(probability / adjustedCount(known))
  }
  const sample = (traceId: string, span: Span): Span | undefined => {
    const priority = span.attributes.find(({ key }) => key === 'sampling.priority')?.value
    if (typeof priority === 'bigint' || typeof priority === 'number') return Number(priority) === 0 ? undefined : span
    const threshold = thresholdFor(parseThreshold(span.traceState) ?? 0n)
    if (randomnessOf(traceId, span.traceState) < threshold) return undefined
    return threshold === 0n ? span : { ...span, traceState: withThreshold(span.traceState, threshold) }
  }
  return {
    name,
    policies: [],
    replay: traces => ({
      kept: traces.flatMap(({ traceId, spans }) => {
        const kept = spans.flatMap(span => sample(traceId, span) ?? [])
        return kept.length === 0 ? [] : [{ traceId, spans: kept }]
      }),
    }),
  }
}

function readSpanPruning(name: string, section: Section, leftOut: LeftOut[]): Processor {
  const config = readPruneConfig(section)
  leftOut.push(...section.unread())
  try {
    checkPruneConfig(config)
  } catch (error) {
    throw withSubject(section.place, error)
  }
  return { name, policies: [], replay: traces => ({ kept: traces.map(trace => pruneTrace(trace, config)) }) }
}

function readPruneConfig(section: Section): PruneConfig {
  const own = defaultPruneConfig
  const outliers = section.has('outlier_analysis') ? section.section('outlier_analysis') : undefined
  const buckets = section.texts('aggregation_histogram_buckets')
  return {
    group_by_attributes: section.texts('group_by_attributes'),
    min_spans_to_aggregate: section.optionalNumber('min_spans_to_aggregate') ?? own.min_spans_to_aggregate,
    max_parent_depth: section.optionalNumber('max_parent_depth') ?? own.max_parent_depth,
    aggregation_attribute_prefix:
      section.optionalText('aggregation_attribute_prefix') ?? own.aggregation_attribute_prefix,
    aggregation_histogram_buckets: section.has('aggregation_histogram_buckets')
      ? buckets.map(text => readNanos(section, text))
      : own.aggregation_histogram_buckets,
    enable_attribute_loss_analysis: section.boolean('enable_attribute_loss_analysis'),
    enable_outlier_analysis: section.boolean('enable_outlier_analysis'),
    outlier_analysis: outliers === undefined ? own.outlier_analysis : readOutliers(outliers),
  }
}

function readOutliers(section: Section): PruneConfig['outlier_analysis'] {
  const own = defaultPruneConfig.outlier_analysis
  const number = (key: 'iqr_multiplier' | 'mad_multiplier' | 'min_group_size' | 'max_preserved_outliers') =>
    section.optionalNumber(key) ?? own[key]
  return {
    method: section.choice('method', ['iqr', 'mad']),
    iqr_multiplier: number('iqr_multiplier'),
    mad_multiplier: number('mad_multiplier'),
    min_group_size: number('min_group_size'),
    preserve_outliers: section.boolean('preserve_outliers', own.preserve_outliers),
    max_preserved_outliers: number('max_preserved_outliers'),
  }
}

/** A duration as Go writes it: `5ms`, `1m30s`. */
function readNanos(section: Section, text: string): bigint {
  const nanos = /[a-zµ]$/.test(text) ? parseDuration(text) : undefined
  if (nanos !== undefined) return nanos
  throw section.fail('aggregation_histogram_buckets', `has ${JSON.stringify(text)}, needs durations such as 5ms`)
}
