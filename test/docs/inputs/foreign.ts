import type { Fixtures } from './fixture.ts'

const start = 1700000000000000

/** A trace object of Jaeger around spans with these members. */
function jaegerTrace(...spans: string[]): string {
  const objects = spans.map((members, i) => `{"traceID":"1","spanID":"${i + 1}",${members}}`)
  return `{"traceID":"1","spans":[${objects.join(',')}],"processes":{}}`
}

function jaeger(...spans: string[]): string {
  return `{"data":[${jaegerTrace(...spans)}]}`
}

function zipkin(...spans: string[]): string {
  return `[${spans.map((members, i) => `{"traceId":"1","id":"${i + 1}"${members && `,${members}`}}`).join(',')}]`
}

/** What the other half of the page names: Jaeger, Zipkin and what resembles them. */
export const foreignFixtures: Fixtures = {
  'jaeger-answer': { bytes: jaeger('"startTime":1') },
  'jaeger-lines': { bytes: `${jaegerTrace('"startTime":1')}\n${jaegerTrace('"startTime":2')}\n`, spanCount: 2 },
  'jaeger-empty-answer': { bytes: '{"data":[],"total":0}', spanCount: 0 },
  'jaeger-fractions': {
    bytes: jaeger(`"startTime":${start}.1,"duration":1000.9999999999999`, '"startTime":"1.7e15","duration":"1e3"'),
    spanCount: 2,
  },
  'jaeger-negative': { bytes: jaeger(`"startTime":${start},"duration":-25`) },
  'jaeger-wrapped': { bytes: jaeger(`"startTime":${start},"duration":18446744073709551591`) },
  'jaeger-before-1970': { bytes: jaeger(`"startTime":${start},"duration":-${start + 1}`, '"startTime":1') },
  'jaeger-far': { bytes: jaeger('"startTime":1e17', '"startTime":1') },
  'jaeger-no-start': { bytes: jaeger('"operationName":"o"', '"startTime":1') },
  'jaeger-bad-id': { bytes: jaeger('"startTime":1', '"startTime":1').replace('"spanID":"2"', '"spanID":"x"') },
  'jaeger-unknown': { bytes: jaeger('"startTime":1,"odd":1').replace('"processes"', '"more":1,"processes"') },
  'jaeger-services': { bytes: '{"data":["cart","front"],"total":2,"limit":0,"offset":0,"errors":null}' },
  'tempo-search': {
    bytes:
      '{"traces":[{"traceID":"1","rootServiceName":"cart","startTimeUnixNano":"1700000000000000000"}],"metrics":{}}',
  },
  'zipkin-array': { bytes: zipkin('"timestamp":1') },
  'zipkin-lines': {
    bytes: '{"traceId":"1","id":"1","timestamp":1}\n{"traceId":"1","id":"2","timestamp":1}',
    spanCount: 2,
  },
  'zipkin-traces': { bytes: `[${zipkin('"timestamp":1')},${zipkin('"timestamp":1')}]`, spanCount: 2 },
  'zipkin-fractions': {
    bytes: zipkin(`"timestamp":${start}.1,"duration":1000.9999999999999`, '"timestamp":"1.7e15","duration":"1e3"'),
    spanCount: 2,
  },
  'zipkin-negative': {
    bytes: zipkin(`"timestamp":${start},"duration":-25`, `"timestamp":${start},"duration":18446744073709551591`),
    spanCount: 2,
  },
  'zipkin-no-time': { bytes: zipkin('"name":"flushed","localEndpoint":{"serviceName":"cart"}') },
  'zipkin-unknown': { bytes: zipkin('"timestamp":1,"duration":1,"odd":1') },
  'zipkin-bad-span': { bytes: zipkin('"timestamp":-1', '"timestamp":1') },
  'zipkin-v1': {
    bytes: zipkin('"name":"get","annotations":[{"timestamp":1,"value":"sr","endpoint":{"serviceName":"a"}}]'),
  },
  'zipkin-v1-binary': { bytes: zipkin('"name":"get","binaryAnnotations":[{"key":"lc","value":""}]') },
  'zipkin-ids-only': { bytes: zipkin('') },
  'zipkin-log-record': { bytes: zipkin('"timestamp":1700000000000,"level":"info","message":"m"') },
}
