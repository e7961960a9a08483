import { LabError } from '../error.ts'
import { globTest } from './glob.ts'

/** The settings of the collector's span pruning processor, by their names there, with buckets in nanoseconds. */
export interface PruneConfig {
  /** Globs of attribute keys: spans of a group have the same values of all that match. */
  readonly group_by_attributes: readonly string[]
  /** So many leaves become a summary. */
  readonly min_spans_to_aggregate: number
  /** Levels of parents that may follow their children: 0 none, -1 all. */
  readonly max_parent_depth: number
  /** Before the keys of what a summary tells. */
  readonly aggregation_attribute_prefix: string
  /** Upper bounds of the histogram, ascending; without any there is none. */
  readonly aggregation_histogram_buckets: readonly bigint[]
  readonly enable_attribute_loss_analysis: boolean
  readonly enable_outlier_analysis: boolean
  readonly outlier_analysis: OutlierConfig
}

export interface OutlierConfig {
  readonly method: 'iqr' | 'mad'
  readonly iqr_multiplier: number
  readonly mad_multiplier: number
  /** Smaller groups have no outliers. */
  readonly min_group_size: number
  /** Whether outliers stay beside the summary. */
  readonly preserve_outliers: boolean
  /** The slowest so many; 0 for all. */
  readonly max_preserved_outliers: number
}

const millisecond = 1_000_000n

/** What the processor does without settings. */
export const defaultPruneConfig: PruneConfig = {
  group_by_attributes: [],
  min_spans_to_aggregate: 5,
  max_parent_depth: 1,
  aggregation_attribute_prefix: 'aggregation.',
  aggregation_histogram_buckets: [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000].map(
    millis => BigInt(millis) * millisecond,
  ),
  enable_attribute_loss_analysis: false,
  enable_outlier_analysis: false,
  outlier_analysis: {
    method: 'iqr',
    iqr_multiplier: 1.5,
    mad_multiplier: 3,
    min_group_size: 7,
    preserve_outliers: false,
    max_preserved_outliers: 2,
  },
}

/** Refuses what the processor refuses, by the name of the setting. */
export function checkPruneConfig(config: PruneConfig): void {
  const refuse = (setting: string, found: unknown, needs: string) => {
    throw new LabError('invalid', `spanpruning ${setting}: ${String(found)}, needs ${needs}`)
  }
  const { min_spans_to_aggregate: least, max_parent_depth: depth, aggregation_attribute_prefix: prefix } = config
  if (!(Number.isInteger(least) && least >= 2)) refuse('min_spans_to_aggregate', least, 'a whole number from 2')
  if (!(Number.isInteger(depth) && depth >= -1)) refuse('max_parent_depth', depth, '-1 (all) or a whole number from 0')
  if (!/^\S+$/.test(prefix.trim()))
    refuse('aggregation_attribute_prefix', JSON.stringify(prefix), 'a text without blanks')
  for (const glob of config.group_by_attributes) {
    if (glob.trim() === '') refuse('group_by_attributes', JSON.stringify(glob), 'patterns of attribute keys')
    globTest(glob)
  }
  config.aggregation_histogram_buckets.forEach((bound, i, bounds) => {
    if (bound <= (i === 0 ? 0n : bounds[i - 1]!))
      refuse('aggregation_histogram_buckets', `${bound} ns`, 'bounds above 0 that ascend')
  })
  if (config.enable_outlier_analysis) checkOutliers(config.outlier_analysis, refuse)
}

function checkOutliers(
  { method, min_group_size, max_preserved_outliers, ...multipliers }: OutlierConfig,
  refuse: (setting: string, found: unknown, needs: string) => void,
): void {
  if (method !== 'iqr' && method !== 'mad') refuse('outlier_analysis.method', JSON.stringify(method), '"iqr" or "mad"')
  for (const setting of ['iqr_multiplier', 'mad_multiplier'] as const)
    if (!(multipliers[setting] > 0)) refuse(`outlier_analysis.${setting}`, multipliers[setting], 'a number above 0')
  if (!(min_group_size >= 4)) refuse('outlier_analysis.min_group_size', min_group_size, 'at least 4')
  if (!(max_preserved_outliers >= 0))
    refuse('outlier_analysis.max_preserved_outliers', max_preserved_outliers, 'at least 0')
}
