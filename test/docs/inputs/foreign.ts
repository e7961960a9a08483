import type { Fixtures } from './fixture.ts'

/** What the other half of the page names: Jaeger, Zipkin and what resembles them. */
export const foreignFixtures: Fixtures = {
  'jaeger-answer': { bytes: '{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"1","startTime":1}]}]}' },
  'zipkin-array': { bytes: '[{"traceId":"1","id":"1","timestamp":1}]' },
}
