import type { ByteSink } from '../../../lib/bytes/range.ts'
import { encodeZstdFrames } from '../../../lib/codecs/zstd-frames.ts'
import type { CollectorConfig } from '../../../lib/collector/config.ts'
import type { Processor } from '../../../lib/collector/processors.ts'
import { withOwnRandomness } from '../../../lib/collector/randomness.ts'
import { encodeOtlpProto } from '../../../lib/formats/otlp/proto.ts'
import { keptSource } from '../../../lib/model/kept-source.ts'
import type { Estimate } from '../../../lib/model/question.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { SourceAsker } from '../../../lib/questions/ask-source.ts'
import { classesOf, type TraceClasses } from '../../../lib/questions/classes.ts'
import { type Asked, askTruths, type Price, priceOf } from '../../../lib/questions/price.ts'
import { questionSet } from '../../../lib/questions/questions.ts'
import { countSpansBy, durationsBy, errorSharesBy, everySpan } from '../../../lib/questions/values.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { type Survived, survivedOf } from '../../verify/loss.ts'
import { blockpackBytes, inOneBatch, lengthOf } from './stored-size.ts'

/** How much there is, and what it takes once compressed. */
export interface Amount {
  readonly traces: number
  readonly spans: number
  readonly blockpackBytes: number
  readonly otlpZstdBytes: number
}

/** What a person reads first, of all spans together; null where there are none. */
export interface Overall {
  readonly spans: Estimate | null
  readonly errorShare: Estimate | null
  readonly p95Nanos: Estimate | null
}

/** One policy of a tail sampler. */
export interface PolicyEffect {
  readonly name: string
  readonly type: string
  /** Traces that it keeps were it alone. */
  readonly traces: number
  /** What it alone is the reason for: traces that no other policy keeps. */
  readonly only: Amount
}

/** What a processor, or several of a pipeline, would have kept and lost. */
export interface Effect {
  readonly name: string
  readonly kept: Amount
  readonly survived: Survived
  readonly overall: Overall
  readonly price: readonly Price[]
  /** Operations with errors of which none is left. */
  readonly unseenOperations: readonly string[]
  readonly policies: readonly PolicyEffect[]
  /** Traces that a limiter kept: they count once, whatever they stand for. */
  readonly unweightedTraces: number
}

export interface WhatIf {
  readonly original: Amount
  readonly overall: Overall
  readonly faultyOperations: number
  readonly effects: readonly Effect[]
}

/** The level at which OTLP is compressed: that of exporters, by default. */
const zstdLevel = 3

/** Replays each processor of a configuration, and each pipeline of several, on the traces. */
export async function whatIf(given: readonly Trace[], config: CollectorConfig): Promise<WhatIf> {
  const traces = withOwnRandomness(given)
  const asker = askerOf(traces)
  const asked = await askTruths(await questionSet(asker), question => asker.ask(question))
  const faulty = await faultyOperations(asker)
  const classes = classesOf(traces)
  const effects: Effect[] = []
  for (const processor of [...config.processors, ...config.pipelines])
    effects.push(await effectOf(processor, { traces, asked, classes, faulty }))
  return { original: await amountOf(given), overall: await overallOf(asker), faultyOperations: faulty.size, effects }
}

interface Original {
  readonly traces: readonly Trace[]
  readonly asked: readonly Asked[]
  readonly classes: TraceClasses
  readonly faulty: ReadonlySet<string>
}

async function effectOf(processor: Processor, { traces, asked, classes, faulty }: Original): Promise<Effect> {
  const { kept, alone = [], only = [], unweightedCount = 0 } = processor.replay(traces)
  const asker = askerOf(kept)
  const seen = await faultyOperations(asker)
  const spanCounts = new Map(traces.map(({ traceId, spans }) => [traceId, spans.length]))
  const whole = kept.filter(({ traceId, spans }) => spans.length === spanCounts.get(traceId))
  const policies: PolicyEffect[] = []
  for (const [i, { name, type }] of processor.policies.entries()) {
    const amount = await amountOf(kept.filter(({ traceId }) => only[i]!.has(traceId)))
    policies.push({ name, type, traces: alone[i]!.size, only: amount })
  }
  return {
    name: processor.name,
    kept: await amountOf(kept),
    survived: survivedOf(traces, classes, new Set(whole.map(({ traceId }) => traceId))),
    overall: await overallOf(asker),
    price: await priceOf(asked, question => asker.ask(question)),
    unseenOperations: [...faulty].filter(operation => !seen.has(operation)),
    policies,
    unweightedTraces: unweightedCount,
  }
}

function askerOf(traces: readonly Trace[]): SourceAsker {
  return new SourceAsker(weightedSource(keptSource(traces)))
}

async function faultyOperations(asker: SourceAsker): Promise<Set<string>> {
  const facts = await asker.facts()
  const shares = errorSharesBy(facts, facts.operations)
  return new Set([...shares].filter(([, { value }]) => value > 0).map(([operation]) => operation))
}

async function overallOf(asker: SourceAsker): Promise<Overall> {
  const facts = await asker.facts()
  const all = everySpan(facts)
  return {
    spans: countSpansBy(facts, all).get('all') ?? null,
    errorShare: errorSharesBy(facts, all).get('all') ?? null,
    p95Nanos: durationsBy(facts, all, 0.95).get('all') ?? null,
  }
}

async function amountOf(traces: readonly Trace[]): Promise<Amount> {
  const otlpZstd = (sink: ByteSink) => encodeZstdFrames(encodeOtlpProto(inOneBatch(traces)), sink, zstdLevel)
  return {
    traces: traces.length,
    spans: countSpans(traces),
    blockpackBytes: await blockpackBytes(traces),
    otlpZstdBytes: traces.length === 0 ? 0 : await lengthOf(otlpZstd),
  }
}
