import type { ServerMetrics } from '../../serve/metrics.ts'
import { ringLive } from '../query/members.ts'
import { OpenedFiles } from '../query/opened.ts'
import { Querier } from '../query/querier.ts'
import { addQuerierRoutes } from '../query/routes.ts'
import type { Role, RoleContext } from './role.ts'

/** The role that does parts of queries. */
export function querierRole({ store, ring, workers, metrics, config }: RoleContext): Role {
  const { maxJobs, maxHeldBytes } = config.query
  const opened = new OpenedFiles({ store, live: ringLive(ring) }, maxHeldBytes)
  const querier = new Querier(opened, { maxJobs, workers })
  observe(querier, metrics)
  return {
    name: 'querier',
    addRoutes: app => addQuerierRoutes(app, querier),
    facts: () => ({ ...querier.counters, ...opened.facts() }),
  }
}

function observe({ counters, opened }: Querier, metrics: ServerMetrics): void {
  metrics.total('trace_lab_querier_jobs_total', 'Jobs that have ended.', () => counters.jobs)
  metrics.total('trace_lab_querier_failed_jobs_total', 'Those that failed.', () => counters.failedJobs)
  metrics.total('trace_lab_querier_read_bytes_total', 'Bytes that jobs have read.', () => counters.bytes)
  metrics.gauge('trace_lab_querier_open_jobs', 'Jobs under way, or waiting.', () => counters.openJobs)
  metrics.gauge('trace_lab_querier_held_files', 'Blocks and pieces that are open.', () => opened.count)
  metrics.gauge('trace_lab_querier_held_bytes', 'What is held of them.', () => opened.byteLength)
}
