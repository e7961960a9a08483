import { releasedRun } from '../../harness/bench/cluster/released-run.ts'
import type { ClusterBench } from '../../harness/runs/cluster-bench-schema.ts'
import type { LossCurve, LossRow } from '../../harness/runs/loss-curve-schema.ts'
import type { QueryBench, QueryCost } from '../../harness/runs/query-bench-schema.ts'
import type { Run } from '../../harness/runs/run-schema.ts'
import type { Scale } from '../../harness/runs/scale-schema.ts'
import type { ServeBench } from '../../harness/runs/serve-bench-schema.ts'
import { usualCounts } from '../../harness/stack/stack.ts'
import { blockFormats } from '../../lib/serve/blocks/meta.ts'

function costOf(millis: number, bytes: number | null): QueryCost {
  const seconds = { median: { wall: millis / 1e3, cpu: millis / 1e3 }, spread: 0.01 }
  return { seconds, bytes, requests: bytes && 2, roundTrips: bytes && 1, spans: 3 }
}

/** Benches of the input of a run, of each kind one, with a name in them. */
export function benchesOf({ input, environment }: Run, name: string) {
  const { traceCount, spanCount } = input
  const head = {
    input: { name: input.name, source: input.source, notes: [`read ${name}`], traceCount, spanCount },
    environment: { ...environment, rounds: 3, command: `npx tsx main.ts bench --input '${name}'` },
  }
  const earned = {
    opening: null,
    sizeBytes: 1e5,
    ingest: { encodeCpuSeconds: 0.1, encodePeakBytes: 1e8 },
    kept: 'exact',
    lost: [],
    queryPeakBytes: 1e8,
  } as const
  const queries: QueryBench = {
    kind: 'queries',
    ...head,
    set: {
      name: 'mine',
      range: {},
      questions: [
        { name, text: `{ name = "${name}" }`, kind: 'search' },
        { name: 'rate', text: '{ } | rate()', kind: 'metrics' },
      ],
    },
    range: { startNanos: '1700000000000000000', endNanos: '1700000600000000000', stepNanos: '60000000000' },
    openRounds: 15,
    truths: [
      { matched: 3, problem: null },
      { matched: 5, problem: null },
    ],
    rows: [
      {
        name: '06 blockpack',
        opens: true,
        earned: { ...earned, results: [3, 5].map(ms => ({ cost: costOf(ms, ms * 1e4), problem: null })) },
        problem: null,
      },
      {
        name: 'DuckDB on 24 Parquet',
        opens: true,
        earned: {
          ...earned,
          results: [
            { cost: costOf(9, null), problem: null },
            { cost: null, problem: name },
          ],
        },
        problem: null,
      },
      { name, opens: false, earned: null, problem: name },
    ],
  }
  const scale: Scale = {
    kind: 'scale',
    ...head,
    steps: [
      { traceCount: 10, spanCount: 170 },
      { traceCount: traceCount, spanCount },
    ],
    rows: [
      { name, costs: [null, null], problem: name },
      {
        name: '06 blockpack',
        costs: [
          { bytesPerSpan: 80, encodeMicros: 100, decodeMicros: 50 },
          { bytesPerSpan: 32, encodeMicros: 12, decodeMicros: 0 },
        ],
        problem: null,
      },
    ],
  }
  const row: LossRow = {
    policy: name,
    family: 'head',
    percent: 1,
    traces: 10,
    spans: 100,
    bytes: 1000,
    bytesPerSpan: 0.3,
    ratio: 500,
    survived: { all: 0.01, errors: 0.01, slow: 0.01, rare: null },
    price: [],
  }
  const loss: LossCurve = {
    kind: 'loss',
    ...head,
    ndjsonBytes: 1e7,
    exact: { bytes: 5e5, bytesPerSpan: 30, ratio: 50 },
    rows: [row, { ...row, percent: 10, bytesPerSpan: 3 }],
    empty: [name],
    targets: [{ ratio: 500, row }],
  }
  const serve: ServeBench = {
    kind: 'serve',
    input: { name: 'store', source: name },
    environment: head.environment,
    job: { seed: 1, seconds: 1, rounds: 3, kills: 0, spans: 0 },
    parts: [{ title: name, figures: [{ what: name, unit: 'ms', value: null, problem: name }] }],
  }
  const counts = usualCounts
  const cluster: ClusterBench = {
    kind: 'cluster',
    input: { name: 'cluster', source: name },
    environment: head.environment,
    job: { seed: 1, seconds: 1, rounds: 3, spansPerSecond: 10, brokers: 3, counts, cycleSeconds: 10 },
    runs: blockFormats.map(format => ({
      format,
      store: 'Ceph',
      sections: [{ title: name, figures: [{ what: name, unit: 'ms', value: 3, range: [1, 4], wanted: ['≤', 2] }] }],
      rates: releasedRun().rates,
      measured: {
        ...{ counts, partitionCount: 2, cycleSeconds: 10, spans: 1e5, seconds: 60, blocks: 12, compactions: 2 },
        ...{ compactedBlocks: 8, writes: 100, reads: 200, logBytes: 1e8, storedBytes: 3e6 },
      },
    })),
    problems: [name],
  }
  return { queries, scale, loss, serve, cluster }
}
