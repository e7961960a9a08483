import { join } from 'node:path'
import { LabError } from '../../error.ts'
import { requestBuckets, type ServerMetrics } from '../../serve/metrics.ts'
import { folderStore } from '../../storage/folder-store.ts'
import { memoryStore } from '../../storage/memory-store.ts'
import { defaultLive } from '../live/config.ts'
import { LiveStore } from '../live/live-store.ts'
import { liveRoutes } from '../live/routes.ts'
import type { ClusterConfig } from './config.ts'
import type { Role, RoleContext } from './role.ts'

/** The role that has recent spans: of one partition, or of all where all roles are one process. */
export async function liveStoreRoles(context: RoleContext): Promise<Role[]> {
  const { config, log } = context
  const isWhole = config.target === 'all'
  const partitions = isWhole ? Array.from({ length: await log.partitionCount() }, (_, i) => i) : [partitionOf(config)]
  const stores: LiveStore[] = []
  for (const partition of partitions) stores.push(await openStore(partition, context))
  observe(stores, context.metrics)
  return partitions.map((partition, i) => ({
    name: 'live-store',
    partition,
    ...(isWhole && { instance: `${config.instance}-${partition}`, path: `/partition/${partition}` }),
    notReady: () => stores[i]!.notReady(),
    addRoutes: app => liveRoutes(app, stores[i]!),
    run: signal => stores[i]!.run(signal),
    facts: () => stores[i]!.status(),
  }))
}

function openStore(partition: number, { config, log, chain, workers, warn }: RoleContext): Promise<LiveStore> {
  const { home } = config.storage
  // Without a folder it reads the log again when it starts.
  const folder = home === '' ? memoryStore() : folderStore(join(home, 'live', String(partition)))
  const { maxBlockMillis, maxBlockBytes, freshBlockpack: blockpack } = config.store
  const own = { ...defaultLive, ...config.live, maxBlockMillis, maxBlockBytes, blockpack }
  return LiveStore.open(partition, { log, chain, folder, workers, warn }, own)
}

/** The partition that is said, or the number at the end of the instance's name, as Tempo takes it. */
function partitionOf({ partition, instance }: ClusterConfig): number {
  const digits = /\d+$/.exec(instance)?.[0]
  if (partition !== undefined) return partition
  if (digits !== undefined) return Number(digits)
  throw new LabError('invalid', `live-store ${instance}: which partition it has is not said; set --partition`)
}

function observe(stores: readonly LiveStore[], metrics: ServerMetrics): void {
  const sum = (of: (store: LiveStore) => number) => () => stores.reduce((total, store) => total + of(store), 0)
  const total = (name: string, help: string, of: (store: LiveStore) => number) =>
    metrics.total(`tempo_live_store_${name}`, help, sum(of))
  const gauge = (name: string, help: string, of: (store: LiveStore) => number) =>
    metrics.gauge(`tempo_live_store_${name}`, help, sum(of))
  total('records_processed_total', 'Records that were read.', ({ counters }) => counters.records)
  total('records_dropped_total', 'Records that cannot be read.', ({ counters }) => counters.poison)
  total('blocks_cut_total', 'Segments that were written to the folder.', ({ counters }) => counters.segments)
  gauge('live_traces', 'Traces in memory.', ({ segments }) => segments.traceCount)
  gauge('live_trace_bytes', 'Memory of their spans.', ({ segments }) => segments.memoryBytes)
  gauge('complete_queue_length', 'Segments in memory that get no more.', ({ segments }) => segments.completeCount)
  gauge('ready', '1 when it has read its partition.', store => (store.notReady() === undefined ? 1 : 0))
  const startedMillis = performance.now()
  const catchUp = metrics.histogram(
    'tempo_live_store_catch_up_duration_seconds',
    'Time from the start until the partition was read.',
    [],
    requestBuckets,
  )
  const waiting = new Set(stores)
  metrics.gauge('trace_lab_live_store_behind', 'Partitions that are not read to their end yet.', () => {
    for (const store of waiting)
      if (store.notReady() === undefined) {
        waiting.delete(store)
        catchUp.observe((performance.now() - startedMillis) / 1_000)
      }
    return waiting.size
  })
  for (const { counters } of stores) counters.onClosed = seconds => metrics.blockWritten(seconds)
}
