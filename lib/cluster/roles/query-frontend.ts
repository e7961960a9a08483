import type { ServerMetrics } from '../../serve/metrics.ts'
import { ClusterSources, defaultSources } from '../query/cluster-sources.ts'
import { Dispatcher } from '../query/dispatcher.ts'
import { ringLive, ringQueriers } from '../query/members.ts'
import { Querier } from '../query/querier.ts'
import { defaultSplit, SplitSources } from '../query/split-sources.ts'
import type { Role, RoleContext } from './role.ts'

/** Jobs that are done here at the same time, where no querier does them. */
const maxLocalJobs = 2
/** A job that has not ended after so long is given to another querier as well. */
const hedgeMillis = 5_000

/** The role that answers questions, by queriers or itself. */
export function queryFrontendRole(context: RoleContext): Role {
  const { chain, store, log, ring, workers, config, metrics } = context
  const { maxHeldBytes, failsOnLag, targetJobBytes, maxQueryJobs: maxJobs } = config.query
  const places = { chain, store, log, live: ringLive(ring) }
  const sources = new ClusterSources(places, { ...defaultSources, maxHeldBytes, failsOnLag })
  const { opened } = sources
  const dispatcher = new Dispatcher(new Querier(opened, { maxJobs: maxLocalJobs, workers }), { hedgeMillis })
  const { timeoutMillis } = config.api
  const split = new SplitSources(
    { sources, dispatcher, queriers: ringQueriers(ring) },
    { ...defaultSplit, timeoutMillis, targetJobBytes, maxJobs },
  )
  observe(sources, dispatcher, metrics)
  return {
    name: 'query-frontend',
    source: (tenants, asking) => split.source(tenants, asking),
    facts: () => ({ ...dispatcher.counters, ...opened.facts() }),
  }
}

function observe({ opened }: ClusterSources, { counters }: Dispatcher, metrics: ServerMetrics): void {
  const total = (name: string, help: string, value: () => number) =>
    metrics.total(`trace_lab_query_frontend_${name}`, help, value)
  total('jobs_total', 'Parts of queries.', () => counters.jobs)
  total('retries_total', 'Those given to another querier since one was gone.', () => counters.retries)
  total('hedged_jobs_total', 'Those given to another querier since one was slow.', () => counters.hedges)
  total('local_jobs_total', 'Those done by the frontend, as no querier did.', () => counters.localJobs)
  metrics.gauge('trace_lab_query_frontend_held_bytes', 'What is held of blocks and pieces.', () => opened.byteLength)
}
