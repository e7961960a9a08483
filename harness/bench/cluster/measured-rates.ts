import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'

/**
 * What `npx tsx main.ts bench cluster` measured of blockpack on 2026-11-29, on two cores of an AMD EPYC: CPU and memory in the
 * run that is committed (1.3 million spans; results/cluster.md), requests to the store and bytes in one of 20 s, two rounds and
 * 2,000 spans/s, reads in one of 8 s and 1,000 spans/s. Those two shared the machine with other work.
 */
export const measuredRates: ClusterRates = {
  of: 'otel, 203268 spans, blocks of blockpack every 10 s',
  liveReplicas: 2,
  spansPerTrace: 16.9,
  bytesPerSpan: { request: 833, record: 848, held: 390, fresh: 31.1, compacted: 26.6 },
  cpuSecondsPerMillion: {
    distributor: 21,
    'block-builder': 27.4,
    'live-store': 57.2,
    'backend-worker': 9.49,
    querier: 8.18,
    'query-frontend': 6,
  },
  querySecondsPerMillion: 0.271,
  peakBytes: {
    distributor: 258826240,
    'block-builder': 350191616,
    'live-store': 369651712,
    'backend-worker': 537600000,
    querier: 433848320,
    'query-frontend': 407601152,
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
