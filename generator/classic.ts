import {
  logEventName,
  squeezedLog,
  squeezedSpan,
  squeezedStatuses,
  squeezedTraceId,
} from '../lib/formats/squeezed/model.ts'
import type { Attribute, Span, SpanEvent, Trace } from '../lib/model/trace.ts'
import { type ClassicPattern, classicPatterns, type SpanTemplate } from './classic-patterns.ts'
import type { FloorMeter } from './floor-meter.ts'
import { Random } from './random.ts'

/** When the first trace starts: a constant, so that a seed says all. */
const baseNanos = 1_795_000_000_000_000_000n
const startUnitNanos = 256n
const nanosPerMilli = 1_000_000n

const patternWeights = classicPatterns.map(({ weight }) => weight)
const methods = ['GET', 'POST', 'PUT', 'DELETE']
const okCodes = [200n, 201n, 202n]
const errorCodes = [500n, 502n, 503n, 504n]
const errorKinds = ['timeout', 'validation']
const errorKindWeights = [3, 7]
const logNames = [logEventName, 'level', 'ERROR', 'message', 'Error in : validation failed', 'error.kind']
const noEvents: readonly SpanEvent[] = []

/**
 * The workload `classic`, trace by trace, in the model as the source `squeezed` would give it. What the draws are worth
 * is added to `floor` as the traces are taken.
 */
export function* generateClassic(
  { traceCount, seed }: { traceCount: number; seed: number },
  floor: FloorMeter,
): Iterable<Trace> {
  const random = new Random(seed, floor)
  let before: ClassicPattern | undefined
  let startNanos = baseNanos
  for (let counter = 1; counter <= traceCount; counter++) {
    if (before !== undefined) startNanos += BigInt(random.draw('start time', before.gapUnits)) * startUnitNanos
    const suffix = hex(random.bits('trace id', 32), 8)
    before = classicPatterns[random.weighted('pattern', patternWeights)]
    const spans: Span[] = []
    for (const template of before.spans) spans.push(drawSpan(template, spans, startNanos, random, floor))
    yield { traceId: squeezedTraceId(counter, suffix), spans }
  }
}

function drawSpan(
  template: SpanTemplate,
  earlier: readonly Span[],
  traceNanos: bigint,
  random: Random,
  floor: FloorMeter,
): Span {
  for (const name of template.names) floor.addName(name)
  const spanId = drawSpanId(random)
  const startNanos = traceNanos + BigInt(template.offsetMillis) * nanosPerMilli
  const durationNanos = BigInt(random.draw('latency', template.latency)) * nanosPerMilli
  const isError = random.chance('error', template.errorsPerThousand, 1000)
  return squeezedSpan({
    spanId,
    parentSpanId: template.parent < 0 ? '' : earlier[template.parent].spanId,
    name: template.operation,
    startNanos,
    endNanos: startNanos + durationNanos,
    attributes: drawTags(template, isError, random, floor),
    events: isError ? [drawLog(template, startNanos + durationNanos / 2n, random, floor)] : noEvents,
    status: squeezedStatuses[isError ? 1 : 0],
    resource: template.resource,
  })
}

/** The first 16 digits of a version 4 UUID: the 13th is always 4. */
function drawSpanId(random: Random): string {
  const high = hex(random.bits('span id', 32), 8)
  const low = hex(random.bits('span id', 28), 7)
  return `${high}${low.slice(0, 4)}4${low.slice(4)}`
}

function drawTags(template: SpanTemplate, isError: boolean, random: Random, floor: FloorMeter): Attribute[] {
  const tags = [...template.tags]
  if (template.hasMethod) tags.push({ key: 'http.method', value: named(random.pick('method', methods), floor) })
  const codes = isError ? errorCodes : okCodes
  tags.push(
    { key: 'http.status_code', value: random.pick('status code', codes) },
    { key: 'user.id', value: `user-${1000 + random.below('user.id', 9000)}` },
    { key: 'request.id', value: `req-${hex(random.bits('request.id', 32), 8)}` },
  )
  return tags
}

function drawLog({ operation }: SpanTemplate, timeNanos: bigint, random: Random, floor: FloorMeter): SpanEvent {
  for (const name of logNames) floor.addName(name)
  const errorKind = errorKinds[random.weighted('error.kind', errorKindWeights)]
  return squeezedLog(timeNanos, [
    { key: 'level', value: 'ERROR' },
    { key: 'message', value: `Error in ${operation}: validation failed` },
    { key: 'error.kind', value: named(errorKind, floor) },
  ])
}

function named(name: string, floor: FloorMeter): string {
  floor.addName(name)
  return name
}

function hex(value: number, digitCount: number): string {
  return value.toString(16).padStart(digitCount, '0')
}
