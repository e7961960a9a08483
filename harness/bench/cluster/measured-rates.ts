import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'

/**
 * What `npx tsx main.ts bench cluster --seconds 20 --rounds 2 --spans-per-second 2000` measured of blockpack on 2026-11-29, on
 * two cores of an AMD EPYC, and, of reads and of queries, the same with 8 s and 1,000 spans/s. The machine had twenty times as
 * much to do as it has cores for, and few spans went through: figures of CPU are upper bounds, those of code that is not warm.
 */
export const measuredRates: ClusterRates = {
  of: 'otel, 203268 spans, blocks of blockpack every 10 s',
  liveReplicas: 2,
  spansPerTrace: 16.9,
  bytesPerSpan: { request: 833, record: 848, held: 390, fresh: 31.1, compacted: 26.6 },
  cpuSecondsPerMillion: {
    distributor: 39.8,
    'block-builder': 85.4,
    'live-store': 137,
    'backend-worker': 25.4,
    querier: 39.4,
    'query-frontend': 30.7,
  },
  querySecondsPerMillion: 3.06,
  peakBytes: {
    distributor: 229638144,
    'block-builder': 242221056,
    'live-store': 238026752,
    'backend-worker': 242221056,
    querier: 228589568,
    'query-frontend': 252706816,
  },
  requests: { block: 3.5, compaction: 8.2, compactedBlock: 11.4 },
  idleWrites: {
    distributor: 0.15,
    'block-builder': 0.907,
    'live-store': 0.266,
    'backend-worker': 0.241,
    querier: 0.137,
    'query-frontend': 0.73,
  },
  ringReads: {
    distributor: 0,
    'block-builder': 0.526,
    'live-store': 0,
    'backend-worker': 0.0123,
    querier: 0,
    'query-frontend': 0.146,
  },
  commitReads: 0.66,
}
