import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { BlockMeta } from './blocks/meta.ts'
import type { CompactionConfig } from './blocks/plan.ts'
import { planBlocks } from './blocks/plan.ts'
import { type Counters, otherTenants } from './counters.ts'
import type { Store } from './store.ts'

/** Clients choose the names of tenants: those beyond are counted together. */
const maxTenants = 200
export const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100]
const syncBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** How a query ended. */
export type QueryResult = 'completed' | 'canceled' | 'failed'

/** Values of a metric by their labels. */
export type Values = Iterable<readonly [labels: Record<string, string>, value: number]>

/**
 * What a server has done, for Prometheus: under Tempo's names where these mean the same, else as `trace_lab_…`. Requests and
 * syncs are observed as they end; all else is looked up when somebody asks.
 */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly #tenants = new Set<string>()
  readonly #requests = this.histogram(
    'tempo_request_duration_seconds',
    'Time of requests.',
    ['method', 'route', 'status_code'],
    requestBuckets,
  )
  readonly #queries = this.#counter('tempo_query_frontend_queries_total', 'Queries by how they ended.', [
    'op',
    'tenant',
    'result',
  ])
  readonly #bytesInspected = this.#counter(
    'tempo_query_frontend_bytes_inspected_total',
    'Bytes that queries have read of storage.',
    ['op', 'tenant'],
  )
  readonly #syncs = this.histogram('trace_lab_log_sync_seconds', 'Time of syncs of the log.', [], syncBuckets)
  readonly #logBytes = this.#counter('trace_lab_log_bytes_total', 'Bytes written to the log.', [])
  readonly #completions = this.histogram(
    'tempo_live_store_completion_duration_seconds',
    'Time of writing a block of recent spans.',
    [],
    requestBuckets,
  )
  #hasDefaults = false

  constructor(version: string) {
    this.lookUp('tempo_build_info', 'What runs; always 1.', ['version'], () => [[{ version }, 1]])
  }

  /** A request that was answered; `route` is one of the server's own. */
  requestEnded(method: string, route: string, statusCode: string, seconds: number): void {
    this.#requests.observe({ method, route, status_code: statusCode }, seconds)
  }

  queryEnded(op: string, tenants: readonly string[], result: QueryResult, byteLength: number): void {
    const tenant = this.labelOf(tenants.join('|'))
    this.#queries.inc({ op, tenant, result })
    this.#bytesInspected.inc({ op, tenant }, byteLength)
  }

  logSynced(seconds: number): void {
    this.#syncs.observe(seconds)
  }

  logWritten(byteLength: number): void {
    this.#logBytes.inc(byteLength)
  }

  blockWritten(seconds: number): void {
    this.#completions.observe(seconds)
  }

  /** Shows what senders have sent, from now on. */
  observeSenders({ tenants }: Counters): void {
    const received = (name: string, help: string, field: 'spans' | 'bytes' | 'cutAttributes') =>
      this.lookUp(name, help, ['tenant'], () => this.#byTenant(tenants, counts => counts[field]), 'counter')
    received('tempo_distributor_spans_received_total', 'Spans that were taken.', 'spans')
    received('tempo_distributor_bytes_received_total', 'Bytes of requests that were taken, decompressed.', 'bytes')
    received('trace_lab_cut_attributes_total', 'Texts in attributes that a limit has cut.', 'cutAttributes')
    const reasons = (name: string, help: string, field: 'rejected' | 'refusals') =>
      this.lookUp(
        name,
        help,
        ['reason', 'tenant'],
        () =>
          Array.from(tenants, ([tenant, counts]) =>
            Array.from(counts[field], ([reason, count]) => [{ reason, tenant: this.labelOf(tenant) }, count] as const),
          ).flat(),
        'counter',
      )
    reasons(
      'tempo_discarded_spans_total',
      'Spans that were rejected, and those of requests that came too fast.',
      'rejected',
    )
    reasons('trace_lab_refused_requests_total', 'Requests that were refused whole.', 'refusals')
  }

  /** Shows what a store has, from now on. */
  observe(store: Store, compaction: CompactionConfig): void {
    const { counters } = store
    this.observeSenders(counters)
    this.lookUp('tempo_live_store_live_traces', 'Traces that are not in a block.', ['tenant'], () =>
      this.#byTenant(store.liveTraces(), ({ traceCount }) => traceCount),
    )
    this.lookUp('tempo_live_store_live_trace_bytes', 'Memory of spans that are not in a block.', ['tenant'], () =>
      this.#byTenant(store.liveTraces(), ({ byteLength }) => byteLength),
    )
    this.total('tempo_live_store_blocks_cut_total', 'Blocks made of recent spans.', () => counters.flushedBlocks)
    this.gauge(
      'tempo_live_store_complete_queue_length',
      'Segments of the log that wait to become blocks.',
      () => store.recent().waitingSegments,
    )
    this.gauge('tempo_live_store_ready', '1 when the log has been read.', () => (store.pending ? 0 : 1))
    const metasOf = (tenant: string) => store.blocks.list(tenant).map(({ meta }) => meta)
    this.observeBlocks(() => store.tenants(), metasOf, compaction)
    this.total('tempodb_retention_deleted_total', 'Blocks that were deleted as too old.', () => counters.deletedBlocks)
    this.total('trace_lab_compactions_total', 'Times that several blocks became one.', () => counters.compactions)
    this.total('trace_lab_failures_total', 'Failures of writing the log or blocks.', () => counters.failures)
    this.total('trace_lab_damaged_log_parts_total', 'Parts of the log that were set aside.', () => store.damagedCount)
    this.total('trace_lab_dropped_fields_total', 'Unknown fields of spans that were dropped.', () =>
      [...store.droppedFields.values()].reduce((sum, count) => sum + count, 0),
    )
  }

  /** Shows the blocks that count, from now on. */
  observeBlocks(
    tenants: () => Iterable<string>,
    metasOf: (tenant: string) => readonly BlockMeta[],
    compaction: CompactionConfig,
  ): void {
    const byTenant = (name: string, help: string, of: (metas: readonly BlockMeta[]) => number) =>
      this.lookUp(name, help, ['tenant'], () =>
        Array.from(tenants(), tenant => [{ tenant: this.labelOf(tenant) }, of(metasOf(tenant))] as const),
      )
    byTenant('tempodb_blocklist_length', 'Blocks that count.', metas => metas.length)
    byTenant('tempodb_compaction_outstanding_blocks', 'Blocks that are due for compaction.', metas =>
      planBlocks(metas, Date.now(), compaction).jobs.reduce((sum, inputs) => sum + inputs.length, 0),
    )
  }

  /** All of it in Prometheus' text format. */
  async print(): Promise<{ type: string; text: string }> {
    // These observe the whole process, which costs something: only where somebody asks.
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry })
    this.#hasDefaults = true
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  /** What a tenant is called in labels. */
  labelOf(tenant: string): string {
    if (this.#tenants.size < maxTenants) this.#tenants.add(tenant)
    return this.#tenants.has(tenant) ? tenant : otherTenants
  }

  #byTenant<T>(tenants: ReadonlyMap<string, T>, countOf: (counts: T) => number): Values {
    return Array.from(tenants, ([tenant, counts]) => [{ tenant: this.labelOf(tenant) }, countOf(counts)] as const)
  }

  /** A counter whose value is found when it is asked for. */
  total(name: string, help: string, value: () => number) {
    return this.lookUp(name, help, [], () => [[{}, value()]], 'counter')
  }

  /** A value that is found when it is asked for, and may fall. */
  gauge(name: string, help: string, value: () => number) {
    return this.lookUp(name, help, [], () => [[{}, value()]])
  }

  /** A metric whose values are found when they are asked for; equal labels add up. */
  lookUp(
    name: string,
    help: string,
    labelNames: string[],
    find: () => Values | Promise<Values>,
    kind: 'gauge' | 'counter' = 'gauge',
  ) {
    const Metric = kind === 'gauge' ? Gauge : Counter
    return new Metric({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        const values = await find()
        this.reset()
        for (const [labels, value] of values) this.inc(labels, value)
      },
    })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  /** A metric of times in seconds, or of sizes. */
  histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] })
  }
}

/** `api_v2_traces_traceid` for `/api/v2/traces/:traceID`, as Tempo names its routes. */
export function routeLabel(path: string | undefined): string {
  return (
    path
      ?.toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('_') ?? (path === '/' ? 'root' : 'other')
  )
}
