import { LabError } from '../../error.ts'
import { requestBuckets, type ServerMetrics } from '../../serve/metrics.ts'
import { BlockBuilder } from '../build/builder.ts'
import { beatMillis } from '../ring/ring.ts'
import type { ClusterConfig } from './config.ts'
import type { Role, RoleContext } from './role.ts'

/** The role that makes blocks of the log. */
export function blockBuilderRole({ config, metrics, ring, workers, ...places }: RoleContext): Role {
  const { instance, log, acceptsLoss } = config
  const { cycleMillis, maxBytes, maxBlockBytes, format } = config.builder
  const encoding = { config: config.store.freshBlockpack, format, workers }
  const own = { instance, cycleMillis, maxBytes, maxBlockBytes, group: log.group, encoding, acceptsLoss }
  const partitions = assignedOf(config)
  // Without an order from above, builders share partitions by their names, so that they do not all do the same work.
  const owns = async (partition: number) => {
    const names = await builderNames(ring, instance)
    return !names.includes(instance) || names[partition % names.length] === instance
  }
  const builder = new BlockBuilder({ ...places, ...(partitions === undefined && { owns }) }, { ...own, partitions })
  observe(builder, metrics)
  const { counters } = builder
  return {
    name: 'block-builder',
    run: signal => builder.run(signal),
    facts: () => {
      const { owned, onBlock: _, ...counts } = counters
      return { partitions: [...owned].sort((a, b) => a - b), ...counts }
    },
  }
}

/** Those of a time ago, which costs less, once this one is among them. */
async function builderNames(ring: RoleContext['ring'], instance: string): Promise<string[]> {
  const namesSince = async (maxAgeMillis?: number) =>
    (await ring.members('block-builder', maxAgeMillis)).map(member => member.instance).sort()
  const names = await namesSince(beatMillis)
  return names.includes(instance) ? names : namesSince()
}

/** The partitions that are this builder's alone; undefined where builders share all. */
function assignedOf({ instance, builder: { assigned, perInstance } }: ClusterConfig): readonly number[] | undefined {
  if (assigned === undefined) return perInstance ? numbered(instance, perInstance) : undefined
  if (Array.isArray(assigned)) return assigned
  const byName = assigned as Readonly<Record<string, readonly number[]>>
  if (byName[instance] !== undefined) return byName[instance]
  const names = Object.keys(byName).join(', ')
  throw new LabError('invalid', `block_builder.assigned_partitions: has ${names}, not the instance ${instance}`)
}

function numbered(instance: string, perInstance: number): number[] {
  const digits = /\d+$/.exec(instance)?.[0]
  if (digits === undefined)
    throw new LabError('invalid', `block_builder.partitions_per_instance: ${instance} has no number at its end`)
  return Array.from({ length: perInstance }, (_, i) => Number(digits) * perInstance + i)
}

function observe({ counters }: BlockBuilder, metrics: ServerMetrics): void {
  const total = (name: string, help: string, value: () => number) =>
    metrics.total(`tempo_block_builder_${name}`, help, value)
  total('fetch_records_total', 'Records whose spans are in blocks.', () => counters.records)
  total('fetch_bytes_total', 'Bytes of these.', () => counters.bytes)
  total('fetch_errors_total', 'Failures of reading the log or writing blocks.', () => counters.failures)
  total('flushed_blocks', 'Blocks that were committed.', () => counters.blocks)
  total('flush_size_bytes', 'Bytes of these.', () => counters.blockBytes)
  total('spans_deduped_total', 'Spans that were there already, equal in everything.', () => counters.repeatedSpans)
  metrics.lookUp('tempo_block_builder_owned_partitions', 'Partitions that it builds now.', ['partition'], () =>
    Array.from(counters.owned, partition => [{ partition: String(partition) }, 1] as const),
  )
  metrics.total('trace_lab_block_builder_poison_records_total', 'Records that cannot be read.', () => counters.poison)
  metrics.total('trace_lab_block_builder_lost_records_total', 'Offsets that the log had dropped.', () => counters.lost)
  metrics.total(
    'trace_lab_block_builder_overtaken_total',
    'Work that another builder was first to commit.',
    () => counters.overtaken,
  )
  const sections = metrics.histogram(
    'tempo_block_builder_process_partition_section_duration_seconds',
    'Time of making and committing the blocks of a section.',
    ['partition'],
    requestBuckets,
  )
  const cycles = metrics.histogram(
    'tempo_block_builder_consume_cycle_duration_seconds',
    'Time from the start of a section until it was committed.',
    [],
    requestBuckets,
  )
  counters.onBlock = (partition, cycleSeconds, writeSeconds) => {
    sections.observe({ partition: String(partition) }, writeSeconds)
    cycles.observe(cycleSeconds)
  }
}
