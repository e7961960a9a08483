import type { FaultLabel } from '../../../generator/names.ts'
import { keptSource } from '../../../lib/model/kept-source.ts'
import type { Estimate } from '../../../lib/model/question.ts'
import { serviceOf } from '../../../lib/model/service.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { parentRows } from '../../../lib/model/tree.ts'
import { type Facts, gatherFacts } from '../../../lib/questions/facts.ts'
import { durationsBy, errorSharesBy, type Values } from '../../../lib/questions/values.ts'
import { decide, defaultSlow, rareTraces, slowTraces } from '../../../lib/sampling/decide.ts'
import { estimateShare, RatioSums } from '../../../lib/sampling/estimate.ts'
import { parsePolicy } from '../../../lib/sampling/policy.ts'
import { derivedRandomness } from '../../../lib/sampling/randomness.ts'
import { TraceSummaries, withOtherRandomness } from '../../../lib/sampling/summary.ts'
import { adjustedCount, thresholdEnd } from '../../../lib/sampling/threshold.ts'
import type { Progress } from '../../text/progress.ts'
import { weightedFacts, withoutStates } from './weighted-facts.ts'

/** Which faults are still seen in samples. */
export interface FaultBench {
  readonly faults: readonly SeenFault[]
  readonly policies: readonly PolicyRecall[]
}

export interface SeenFault {
  readonly name: string
  readonly service: string
  /** What all traces show of it: an operation of the service, or one that calls it, and what differs. */
  readonly signals: readonly string[]
  /** By policy the share of samples in which one of the signals is seen, and of the marked traces that are kept. */
  readonly seen: readonly number[]
  readonly markedKept: readonly (number | null)[]
}

/** What a policy keeps, of an average sample. */
export interface PolicyRecall {
  readonly policy: string
  readonly traces: number
  readonly bytes: number
  /** Shares of templates that are met, and of traces with errors, slow and rare ones that are kept. */
  readonly paths: number
  readonly errors: number | null
  readonly slow: number | null
  readonly rare: number | null
}

export const faultPolicies = [
  ...['head:1%', 'head:10%', 'tail:errors,slow=p99,rare=10,head=1%'],
  ...['budget:1%', 'budget:5%', 'budget:10%'],
] as const

const sampleCount = 20
/** Of all traces a signal has at least so many spans while the fault is on. */
const minSpans = 20
const minRatio = 1.5
const minShareDifference = 0.05

/** Looks for each fault in all traces and in samples of them, in its time against the time without any fault. */
export async function measureFaults(
  traces: readonly Trace[],
  labels: readonly FaultLabel[],
  progress: Progress,
): Promise<FaultBench> {
  const bare = traces.map(withoutStates)
  const summaries = new TraceSummaries()
  for (const trace of bare) summaries.add(trace)
  const facts = await gatherFacts(keptSource(bare))
  const scenes = scenesOf(bare, labels, facts)
  const stage = progress.stage('samples', faultPolicies.length)
  const policies: PolicyRecall[] = []
  for (const policy of faultPolicies) {
    policies.push(samplePolicy(policy, bare, summaries, facts, scenes))
    stage.advance(1)
  }
  stage.end()
  return {
    policies,
    faults: scenes.map(({ label, signals, seen, markedKept }) => ({
      ...{ name: label.name, service: label.service, seen, markedKept },
      signals: signals.map(({ text }) => text),
    })),
  }
}

/** A fault, the traces in its time and in the time without any, and what all of them show of it. */
interface Scene {
  readonly label: FaultLabel
  readonly isDuring: Uint8Array
  readonly isBefore: Uint8Array
  readonly marked: Uint8Array
  readonly signals: readonly Signal[]
  readonly seen: number[]
  readonly markedKept: (number | null)[]
}

interface Signal {
  readonly kind: string
  readonly group: string
  readonly isHigher: boolean
  readonly text: string
}

function scenesOf(traces: readonly Trace[], labels: readonly FaultLabel[], facts: Facts): Scene[] {
  const starts = traces.map(({ spans }) =>
    spans.reduce((least, { startNanos }) => min(least, startNanos), spans[0]!.startNanos),
  )
  const duringOf = ({ startNanos, endNanos }: FaultLabel) =>
    Uint8Array.from(starts, start => (start >= BigInt(startNanos) && start < BigInt(endNanos) ? 1 : 0))
  const during = labels.map(duringOf)
  const isBefore = Uint8Array.from(starts.keys(), row => (during.some(isDuring => isDuring[row] === 1) ? 0 : 1))
  return labels.map((label, i): Scene => {
    const isDuring = during[i]!
    const ids = new Set(label.traceIds)
    const marked = Uint8Array.from(traces, ({ traceId }) => (ids.has(traceId) ? 1 : 0))
    const groups = operationsAt(traces, label.service)
    const signals = signalsOf(facts, isDuring, isBefore).filter(({ group }) => groups.has(group))
    return { label, isDuring, isBefore, marked, signals, seen: [], markedKept: [] }
  })
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/**
 * The operations of a service, and those that call it. Of one without spans of its own, such as a cache: all operations of
 * services whose spans name it.
 */
function operationsAt(traces: readonly Trace[], service: string): Set<string> {
  const groups = new Set<string>()
  const callers = new Set<string>()
  for (const { spans } of traces) {
    const parents = parentRows(spans)
    for (const [row, span] of spans.entries()) {
      const own = serviceOf(span.resource)
      if (isNamed(span, service)) callers.add(own)
      if (own !== service) continue
      groups.add(`${service}\0${span.name}`)
      const parent = spans[parents[row]!]
      if (parent !== undefined) groups.add(`${serviceOf(parent.resource)}\0${parent.name}`)
    }
  }
  if (groups.size > 0) return groups
  for (const { spans } of traces)
    for (const { resource, name } of spans)
      if (callers.has(serviceOf(resource))) groups.add(`${serviceOf(resource)}\0${name}`)
  return groups
}

function isNamed({ attributes }: Span, service: string): boolean {
  return attributes.some(({ value }) => typeof value === 'string' && value.includes(service))
}

/** By name what is asked of the operations. */
const asked: Readonly<Record<string, (facts: Facts) => Values>> = {
  'share of traces': traceShares,
  'error rate': facts => errorSharesBy(facts, facts.operations),
  p50: facts => durationsBy(facts, facts.operations, 0.5),
  p95: facts => durationsBy(facts, facts.operations, 0.95),
}

/** By operation the share of traces that have it. */
function traceShares({ operations: { codes, names }, traces, weights }: Facts): Values {
  const whole = new Map<number, number>()
  const groups = names.map(() => new Map<number, number>())
  for (const [row, trace] of traces.entries()) {
    const weight = weights?.[row] ?? 1
    whole.set(trace, weight)
    groups[codes[row]!]!.set(trace, weight)
  }
  return new Map(
    names.map((name, group) => {
      const sums = new RatioSums()
      for (const [trace, weight] of whole) sums.add(groups[group]!.has(trace) ? 1 : 0, 1, weight)
      return [name, estimateShare(sums)]
    }),
  )
}

/** What differs in all traces. */
function signalsOf(facts: Facts, isDuring: Uint8Array, isBefore: Uint8Array): Signal[] {
  const [during, before] = [isDuring, isBefore].map(is => weightedFacts(facts, is)) as [Facts, Facts]
  const counts = new Map<number, number>()
  for (const code of during.operations.codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  const isCommon = (group: string) => (counts.get(during.operations.names.indexOf(group)) ?? 0) >= minSpans
  return Object.entries(asked).flatMap(([kind, ask]) => {
    const [after, was] = [ask(during), ask(before)]
    return [...after].flatMap(([group, { value }]): Signal[] => {
      const old = was.get(group)?.value
      if (old === undefined || !isDifferent(kind, value, old)) return []
      if (kind !== 'share of traces' && !isCommon(group)) return []
      return [{ kind, group, isHigher: value > old, text: describe(kind, group, old, value) }]
    })
  })
}

function isDifferent(kind: string, value: number, old: number): boolean {
  if (!kind.startsWith('p') && Math.abs(value - old) < minShareDifference) return false
  return Math.max(value / old, old / value) >= minRatio
}

function describe(kind: string, group: string, old: number, value: number): string {
  const change = kind.startsWith('p')
    ? `x${(value / old).toFixed(1)}`
    : `${(100 * old).toFixed(0)} to ${(100 * value).toFixed(0)} %`
  return `${kind} of ${group.replace('\0', ' ')} ${change}`
}

function samplePolicy(
  policy: string,
  traces: readonly Trace[],
  summaries: TraceSummaries,
  facts: Facts,
  scenes: readonly Scene[],
): PolicyRecall {
  const kept = new Recall(summaries)
  const seen = scenes.map(() => 0)
  const marked = scenes.map(() => 0)
  for (let seed = 1; seed <= sampleCount; seed++) {
    const other = withOtherRandomness(summaries, row => derivedRandomness(traces[row]!.traceId, seed))
    const thresholds = decide(parsePolicy(policy), other)
    const weights = Float64Array.from(thresholds, one => (one < thresholdEnd ? adjustedCount(one) : 0))
    kept.add(weights)
    for (const [i, scene] of scenes.entries()) {
      seen[i]! += isSeen(facts, weights, scene) ? 1 : 0
      marked[i]! += scene.marked.reduce((count, is, row) => count + (is === 1 && weights[row]! > 0 ? 1 : 0), 0)
    }
  }
  for (const [i, scene] of scenes.entries()) {
    const markedCount = scene.marked.reduce((sum, is) => sum + is, 0)
    scene.seen.push(seen[i]! / sampleCount)
    scene.markedKept.push(markedCount === 0 ? null : marked[i]! / markedCount / sampleCount)
  }
  return kept.finish(policy)
}

/** Whether the bounds of one of the signals are apart, on the side where all traces have it. */
function isSeen(facts: Facts, weights: Float64Array, { isDuring, isBefore, signals }: Scene): boolean {
  const [during, before] = [isDuring, isBefore].map(is =>
    weightedFacts(
      facts,
      weights.map((weight, row) => weight * is[row]!),
    ),
  )
  return [...new Set(signals.map(({ kind }) => kind))].some(kind => {
    const [after, was] = [asked[kind]!(during!), asked[kind]!(before!)]
    return signals.some(
      ({ kind: own, group, isHigher }) => own === kind && isApart(after.get(group), was.get(group), isHigher),
    )
  })
}

function isApart(after: Estimate | undefined, was: Estimate | undefined, isHigher: boolean): boolean {
  if (after === undefined || was === undefined || !Number.isFinite(after.value) || !Number.isFinite(was.value))
    return false
  const [higher, lower] = isHigher ? [after, was] : [was, after]
  return higher.low !== undefined && lower.high !== undefined && higher.low > lower.high
}

/** What samples keep of the classes of traces. */
class Recall {
  readonly #summaries: TraceSummaries
  readonly #classes: Readonly<Record<'errors' | 'slow' | 'rare', Uint8Array>>
  readonly #kept = { traces: 0, bytes: 0, paths: 0, errors: 0, slow: 0, rare: 0 }

  constructor(summaries: TraceSummaries) {
    this.#summaries = summaries
    this.#classes = {
      errors: Uint8Array.from(summaries.errors.view()),
      slow: slowTraces(summaries, defaultSlow),
      rare: rareTraces(summaries),
    }
  }

  add(weights: Float64Array): void {
    const { byteLengths, templates } = this.#summaries
    const paths = new Set<number>()
    for (const [row, weight] of weights.entries()) {
      if (weight === 0) continue
      paths.add(templates.at(row))
      this.#kept.traces++
      this.#kept.bytes += byteLengths.at(row)
      for (const name of ['errors', 'slow', 'rare'] as const) this.#kept[name] += this.#classes[name][row]!
    }
    this.#kept.paths += paths.size
  }

  finish(policy: string): PolicyRecall {
    const { count, byteLengths, templateCount } = this.#summaries
    const bytes = byteLengths.view().reduce((sum, length) => sum + length, 0)
    const share = (name: 'errors' | 'slow' | 'rare') => {
      const all = this.#classes[name].reduce((sum, is) => sum + is, 0)
      return all === 0 ? null : this.#kept[name] / all / sampleCount
    }
    return {
      policy,
      traces: this.#kept.traces / count / sampleCount,
      bytes: this.#kept.bytes / bytes / sampleCount,
      paths: this.#kept.paths / templateCount / sampleCount,
      ...{ errors: share('errors'), slow: share('slow'), rare: share('rare') },
    }
  }
}
