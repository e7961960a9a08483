import type { QuerySet, Question } from '../../runs/query-bench-schema.ts'
import { questionOf } from './query-set.ts'

/** A kind of question: its name in Tempo's benchmarks, the text there, and one like it over the workload otel. */
type Kind = readonly [name: string, tempo: string, otel: string, expects: 'some' | 'none']

const absent = 'does-not-exit-6c2408325a45'

/** BenchmarkBackendBlockTraceQL. */
const searches: readonly Kind[] = [
  ['spanAttValMatch', '{ span.component = `net/http` }', '{ span.rpc.system = `grpc` }', 'some'],
  ['spanAttValMatchFew', '{ span.component =~ `database/sql` }', '{ span.messaging.system =~ `kafka` }', 'some'],
  [
    'spanAttValNoMatch',
    `{ span.bloom = \`${absent}\` }`,
    '{ span.db.query.text = `SELECT nothing FROM nowhere` }',
    'none',
  ],
  [
    'spanAttIntrinsicMatch',
    '{ name = `distributor.ConsumeTraces` }',
    '{ name = `shop.auth.v1.AuthService/VerifyToken` }',
    'some',
  ],
  [
    'spanAttIntrinsicMatchFew',
    '{ name = `grpcutils.Authenticate` }',
    '{ name = `process payments.completed` }',
    'some',
  ],
  ['spanAttIntrinsicNoMatch', `{ name = \`${absent}\` }`, '{ name = `process nothing` }', 'none'],
  [
    'resourceAttValMatch',
    '{ resource.opencensus.exporterversion = `Jaeger-Go-2.30.0` }',
    '{ resource.telemetry.sdk.language = `go` }',
    'some',
  ],
  [
    'resourceAttValNoMatch',
    `{ resource.module.path = \`${absent}\` }`,
    '{ resource.k8s.node.name = `no-such-node` }',
    'none',
  ],
  [
    'resourceAttIntrinsicMatch',
    '{ resource.service.name = `tempo-gateway` }',
    '{ resource.service.name = `user-service` }',
    'some',
  ],
  [
    'resourceAttIntrinsicNoMatch',
    `{ resource.service.name = \`${absent}\` }`,
    '{ resource.service.name = `no-such-service` }',
    'none',
  ],
  [
    'traceOrMatch',
    '{ rootServiceName = `tempo-distributor` && (status = error || span.http.status_code = 500)}',
    '{ rootServiceName = `api-gateway` && (status = error || span.http.response.status_code = 503) }',
    'some',
  ],
  [
    'traceOrMatchFew',
    '{ rootServiceName = `faro-collector` && (status = error || span.http.status_code = 500)}',
    '{ rootServiceName = `api-gateway` && (kind = producer || span.ml.model.name = `fraud-gbm`) }',
    'some',
  ],
  [
    'traceOrNoMatch',
    '{ rootServiceName = `doesntexist` && (status = error || span.http.status_code = 500)}',
    '{ rootServiceName = `no-such-service` && (status = error || span.http.response.status_code = 503) }',
    'none',
  ],
  ['mixedValNoMatch', `{ .bloom = \`${absent}\` }`, '{ .no.such.attribute = `nothing` }', 'none'],
  [
    'mixedValMixedMatchAnd',
    '{ resource.k8s.cluster.name =~ `prod.*` && name = `gcs.ReadRange` }',
    '{ resource.k8s.cluster.name =~ `shop.*` && name = `HGETALL` }',
    'some',
  ],
  [
    'mixedValMixedMatchOr',
    '{ resource.foo = `bar` || name = `gcs.ReadRange` }',
    '{ resource.no.such.attribute = `nothing` || name = `HGETALL` }',
    'some',
  ],
  ['count', '{ } | count() > 1', '{ } | count() > 1', 'some'],
  [
    'struct',
    '{ resource.service.name != `loki-querier` } >> { resource.service.name = `loki-gateway` && status = error }',
    '{ resource.service.name != `user-service` } >> { resource.service.name =~ `api-gateway|inventory-service|order-service` && status = error }',
    'some',
  ],
  [
    '||',
    '{ resource.service.name = `loki-querier` } || { resource.service.name = `loki-gateway` }',
    '{ resource.service.name = `fraud-detection` } || { resource.service.name = `ml-model-service` }',
    'some',
  ],
  [
    'mixed',
    '{resource.namespace!="" && resource.service.name="cortex-gateway" && duration>50ms && resource.cluster=~"prod.*"}',
    '{ resource.service.namespace != "" && resource.service.name = "user-service" && duration > 5ms && resource.k8s.cluster.name =~ "shop.*" }',
    'some',
  ],
  [
    'complex',
    '{resource.k8s.cluster.name =~ "prod.*" && resource.k8s.namespace.name = "hosted-grafana" && resource.k8s.container.name="hosted-grafana-gateway" && name = "httpclient/grafana" && span.http.status_code = 200 && duration > 20ms}',
    '{ resource.k8s.cluster.name =~ "shop.*" && resource.k8s.namespace.name = "shop" && resource.k8s.deployment.name = "user-service" && name = "GET /internal/users/{id}" && span.http.response.status_code = 200 && duration > 500us }',
    'some',
  ],
  [
    'select',
    '{resource.k8s.cluster.name =~ "prod.*" && resource.k8s.namespace.name = "tempo-prod"} | select(resource.container)',
    '{ resource.k8s.cluster.name =~ "shop.*" && resource.k8s.deployment.name = "order-service" } | select(resource.k8s.pod.name)',
    'some',
  ],
]

const byStatusCode = ['by (span.http.status_code)', 'by (span.http.response.status_code)'] as const

/** BenchmarkBackendBlockQueryRange, where a query is its own name. */
const metrics: readonly Kind[] = [
  same('rate', '{} | rate()'),
  same('rate spanonly', '{} | rate() with(spanonly_fetch=false)'),
  same('rate sample', '{} | rate() with(sample=true)'),
  byCode('rate by status code', '{} | rate()'),
  same('rate by service', '{} | rate() by (resource.service.name)'),
  ['rate by url', '{} | rate() by (span.http.url)', '{} | rate() by (span.url.full)', 'some'],
  [
    'rate of a service',
    '{resource.service.name=`loki-ingester`} | rate()',
    '{ resource.service.name = `order-service` } | rate()',
    'some',
  ],
  [
    'rate of two attributes',
    '{span.http.host != `` && span.http.flavor=`2`} | rate() by (span.http.flavor)',
    '{ span.server.address != `` && span.network.protocol.version = `2` } | rate() by (span.network.protocol.version)',
    'some',
  ],
  same('rate of errors', '{status=error} | rate()'),
  same('quantiles', '{} | quantile_over_time(duration, .99, .9, .5)'),
  byCode('quantile by status code', '{} | quantile_over_time(duration, .99)'),
  same('histogram', '{} | histogram_over_time(duration)'),
  byCode('avg by status code', '{} | avg_over_time(duration)'),
  byCode('max by status code', '{} | max_over_time(duration)'),
  byCode('min by status code', '{} | min_over_time(duration)'),
  same('compare', '{ name != nil } | compare({status=error})'),
  same('rate of children', '{} > {} | rate() by (name)'),
  same('rate + rate', '({} | rate()) + ({} | rate())'),
  same('rate - rate', '({} | rate()) - ({} | rate())'),
  same('rate * rate', '({} | rate()) * ({} | rate())'),
  same('rate / count', '({} | rate()) / ({} | count_over_time())'),
]

function same(name: string, text: string): Kind {
  return [name, text, text, 'some']
}

function byCode(name: string, text: string): Kind {
  const [tempo, otel] = byStatusCode.map(by => `${text} ${by}`)
  return [name, tempo!, otel!, 'some']
}

/** The sets that need no file: over the workload otel, and the texts of Tempo's benchmarks over its own data. */
export const builtInNames = ['otel', 'tempo'] as const

export function builtInSet(name: (typeof builtInNames)[number]): QuerySet {
  const questions = [...searches, ...metrics].map(([own, tempo, otel, expects]): Question => {
    if (name === 'tempo') return questionOf({ name: own, text: tempo })
    return { ...questionOf({ name: own, text: otel }), expects }
  })
  return { name, questions, range: {} }
}
