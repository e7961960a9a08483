import { requestBuckets, type ServerMetrics } from '../../serve/metrics.ts'
import { Distributor } from '../distribute/distributor.ts'
import { pause } from '../pause.ts'
import type { Role, RoleContext } from './role.ts'

/** Requests and their records that wait for the log. */
const maxWaitingBytes = 256 * 2 ** 20

/** How often it is looked whether a log that was away is there again. */
const checkMillis = 1_000

/** The role that takes spans in. */
export function distributorRole({ config, log, metrics }: RoleContext): Role {
  const { limits, maxTraceLiveMillis } = config.store
  const distributor = new Distributor(log, { limits, format: config.recordFormat, maxWaitingBytes, maxTraceLiveMillis })
  observe(distributor, metrics)
  const { produced, counters } = distributor
  return {
    name: 'distributor',
    notReady: () => produced.problem,
    push: (tenant, request) => distributor.push(tenant, request),
    run: async signal => {
      while (!signal.aborted) {
        await distributor.checkLog().catch(() => {})
        await pause(checkMillis, signal)
      }
    },
    facts: () => {
      const tenants = [...counters.tenants.values()]
      const total = (of: 'requests' | 'refused' | 'spans' | 'rejectedSpans' | 'bytes') =>
        tenants.reduce((sum, counts) => sum + counts[of], 0)
      return {
        requests: total('requests'),
        refusedRequests: total('refused'),
        bytes: total('bytes'),
        spans: total('spans'),
        rejectedSpans: total('rejectedSpans'),
        records: produced.records,
        recordBytes: produced.bytes,
        refusedByTheLog: produced.failures,
        waitingBytes: distributor.waitingBytes,
      }
    },
  }
}

function observe(distributor: Distributor, metrics: ServerMetrics): void {
  const { produced } = distributor
  metrics.observeSenders(distributor.counters)
  metrics.total('tempo_distributor_produce_records_total', 'Records that the log took.', () => produced.records)
  metrics.total('tempo_distributor_kafka_write_bytes_total', 'Bytes of these.', () => produced.bytes)
  metrics.total(
    'tempo_distributor_produce_failures_total',
    'Requests that the log did not take.',
    () => produced.failures,
  )
  const latency = metrics.histogram(
    'tempo_distributor_kafka_write_latency_seconds',
    'Time until the log has acknowledged the records of a request.',
    [],
    requestBuckets,
  )
  produced.onAppend = seconds => latency.observe(seconds)
  metrics.gauge(
    'trace_lab_distributor_waiting_bytes',
    'Requests and records that wait for the log.',
    () => distributor.waitingBytes,
  )
}
