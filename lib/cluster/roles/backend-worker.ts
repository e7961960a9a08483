import type { ServerMetrics } from '../../serve/metrics.ts'
import { BackendWorker } from '../maintain/worker.ts'
import type { Role, RoleContext } from './role.ts'

/** The role that compacts and deletes blocks. */
export function backendWorkerRole({ config, store, chain, ring, metrics, workers, warn }: RoleContext): Role {
  const { compaction, blockpack } = config.store
  const members = async () => (await ring.members('backend-worker')).map(({ instance }) => instance)
  const { instance } = config
  const places = { store, chain, warn, members }
  const worker = new BackendWorker(places, { instance, compaction, encoding: { config: blockpack, workers } })
  const { counters } = worker
  observe(worker, metrics)
  metrics.observeBlocks(
    () => chain.state.tenants(),
    tenant => chain.state.blocksOf(tenant),
    compaction,
  )
  return { name: 'backend-worker', run: signal => worker.run(signal), facts: () => ({ ...counters }) }
}

function observe({ counters }: BackendWorker, metrics: ServerMetrics): void {
  metrics.lookUp(
    'tempo_backend_worker_jobs_total',
    'Work that was done, by what it was.',
    ['type', 'status'],
    () => [
      [{ type: 'compaction', status: 'success' }, counters.compactions],
      [{ type: 'retention', status: 'success' }, counters.expiredBlocks],
      [{ type: 'all', status: 'failed' }, counters.failures],
    ],
    'counter',
  )
  const total = (name: string, help: string, value: () => number) =>
    metrics.total(`trace_lab_backend_worker_${name}_total`, help, value)
  metrics.total('tempodb_retention_deleted_total', 'Blocks whose objects were deleted.', () => counters.deletedBlocks)
  total('completed_metas', 'Metas that those who committed did not write.', () => counters.completedMetas)
  total('discarded_blocks', 'Blocks that were never committed.', () => counters.discardedBlocks)
  total('overtaken', 'Work that another worker was first to commit.', () => counters.overtaken)
  metrics.gauge(
    'trace_lab_backend_worker_missing_blocks',
    'Blocks that count and have no data.',
    () => counters.missingBlocks,
  )
}
