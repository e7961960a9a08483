import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { asVariant, discoverPhases, variantsOf } from '../../harness/lab/discover.ts'
import type { RangeReader } from '../../lib/bytes/range.ts'
import { readCases } from '../../lib/conformance/cases.ts'
import { LabError } from '../../lib/error.ts'
import { getOrInsert } from '../../lib/maps.ts'
import { keptSource } from '../../lib/model/kept-source.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { weightedSource } from '../../lib/sampling/weights.ts'
import { MemorySink, openMemory } from '../../lib/storage/memory.ts'
import { search } from '../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../lib/traceql/engine/validate.ts'
import { print } from '../../lib/traceql/language/print.ts'
import { queryRange, type RangeOptions } from '../../lib/traceql/metrics/metrics.ts'
import type { Options, Phase } from '../../phases/phase.ts'
import { generated } from '../lib/formats/blockpack/blocks.ts'
import { arbitraryQuery } from '../lib/traceql/language/arbitrary-query.ts'
import { drawQuery, drawTraces } from '../lib/traceql/queries.ts'
import { seeded } from '../support/arbitrary.ts'
import { collect, streamOf } from '../support/chunks.ts'
import { drawsOf } from '../support/draws.ts'
import { isThorough } from '../support/effort.ts'
import { nastyCorpora } from '../support/nasty.ts'

const { seed } = seeded(1)
const rows = (await discoverPhases()).flatMap(({ slug, phase }) =>
  phase
    ? variantsOf(phase).map(([variant, options]) => [slug, variant, asVariant(phase, variant), options] as const)
    : [],
)
const opened = rows.filter(([, , phase]) => phase.open)
/** The loss of a phase whose spans have weights. */
const leavesOut = 'traces that are not chosen'
const decoded = rows.filter(
  ([, , { fidelity }]) => fidelity.traceOrder && fidelity.spanIds === 'kept' && !fidelity.lossy.includes(leavesOut),
)

/** The file of a phase; undefined where a lossy one cannot take the traces, as without UTF-8. */
async function fileOf(phase: Phase, options: Options, traces: readonly Trace[]): Promise<RangeReader | undefined> {
  const sink = new MemorySink()
  try {
    await phase.encode(streamOf([traces]), sink, { ...options, zstdLevel: 1 })
  } catch (error) {
    if (error instanceof LabError && error.kind === 'unsupported' && !isWhole(phase)) return undefined
    throw error
  }
  return openMemory(sink.bytes())
}

/** True where what comes back is what went in, in order. */
function isWhole({ fidelity }: Phase): boolean {
  return fidelity.traceOrder && fidelity.spanOrder && fidelity.lossy.length === 0
}

interface Question {
  text: string
  isSearch: boolean
}

/** The answer, or why there is none; of metrics the series in an order of their own, with ten digits. */
async function answerOf(source: SpanSource, { text, isSearch }: Question, range: RangeOptions): Promise<unknown> {
  try {
    if (isSearch) return (await search(source, parseQuery(text), { limit: 1e9, spss: 1e9 })).traces
    const { series } = await queryRange(source, parseQuery(text), range)
    return series.map(own => JSON.stringify(own, toTenDigits)).sort()
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

function toTenDigits(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(10)) : value
}

const second = 1_000_000_000n

/** Twenty intervals about the start of the first span. */
function rangeAt(traces: readonly Trace[]): RangeOptions {
  const start = traces[0]?.spans[0]?.startNanos ?? 0n
  return { startNanos: start < second ? 0n : start - second, endNanos: start + 19n * second, stepNanos: second }
}

/** Questions of any shape, drawn ones that find something, and some of each kind. */
function questions(count: number, ownSeed: number): Question[] {
  const draw = drawsOf(ownSeed)
  const any = fc.sample(arbitraryQuery, { seed: ownSeed, numRuns: count })
  return [
    ...any.map(query => ({ text: print(query), isSearch: query.kind === 'search' })),
    ...Array.from({ length: count }, () => ({ text: drawQuery(draw), isSearch: true })),
    ...Array.from({ length: count >> 2 }, () => ({
      text: `${drawQuery(draw)} | rate() by (span.a, name)`,
      isSearch: false,
    })),
    ...Array.from({ length: count >> 2 }, () => ofSuite[Math.floor(draw() * ofSuite.length)]!),
    ...fixed,
  ]
}

/** What the conformance suite asks, valid or not. */
const ofSuite: readonly Question[] = readCases()
  .filter(({ request }) => request.query !== '')
  .map(({ request }) => ({ text: request.query, isSearch: request.verb !== 'range' && request.verb !== 'instant' }))

const fixed: readonly Question[] = [
  ...[
    '{ }',
    '{ status = error }',
    '{ resource.service.name =~ ".*e.*" && kind = server } >> { kind = client }',
    '{ span.http.response.status_code >= 400 } | by(resource.service.name) | count() > 0 | select(name, trace:duration)',
    '{ event:name != "" } | select(event:name, event:timeSinceStart, link:spanID, instrumentation:name)',
    '{ .key0 != nil || event.key0 != nil || link.key0 != nil } | select(.key0)',
    '{ span:parentID = "" } | select(span:id, nestedSetLeft, span:childCount, rootName)',
    '{ duration > 1ms } | avg(duration) > 1ms',
    '{ duration < 0ns || duration > 100h }',
    '{ nestedSetParent < 0 } | select(rootName, rootServiceName, nestedSetLeft, nestedSetRight)',
    '{ kind = client } > { kind = server }',
    '{ kind = server } >> { }',
  ].map(text => ({ text, isSearch: true })),
  ...[
    '{ } | rate() by (resource.service.name)',
    '{ } | quantile_over_time(duration, .5, .9) by (name)',
    '{ kind = server } | histogram_over_time(duration)',
    '{ } | compare({ status = error })',
    '{ } | sum_over_time(span.http.response.status_code)',
  ].map(text => ({ text, isSearch: false })),
]

type Oracle = (question: Question) => Promise<unknown>

function oracleOf(source: SpanSource, traces: readonly Trace[]): Oracle {
  const range = rangeAt(traces)
  return question => answerOf(source, question, range)
}

/** By traces what they answer, which all phases that keep them share. */
const truths = new Map<readonly Trace[], Map<string, Promise<unknown>>>()
afterAll(() => truths.clear())

function knownOracle(traces: readonly Trace[]): Oracle {
  const own = getOrInsert(truths, traces, () => new Map<string, Promise<unknown>>())
  const ask = oracleOf(keptSource(traces), traces)
  return question => getOrInsert(own, `${question.isSearch} ${question.text}`, () => ask(question))
}

/** How many of the answers have something in them. */
async function expectSame(
  oracle: Oracle,
  source: SpanSource,
  traces: readonly Trace[],
  asked: readonly Question[],
): Promise<number> {
  const range = rangeAt(traces)
  let count = 0
  for (const question of asked) {
    const truth = await oracle(question)
    expect(await answerOf(source, question, range), question.text).toEqual(truth)
    if (Array.isArray(truth) && truth.length > 0) count++
  }
  return count
}

test('some phases open their files, and all that keep ids and order can be decoded for queries', () => {
  expect(opened.length).toBeGreaterThan(1)
  expect(decoded.length).toBeGreaterThan(opened.length)
})

const draw = drawsOf(seed)
const drawnPairs = Array.from({ length: isThorough ? 6 : 2 }, (_, run) => ({
  traces: drawTraces(draw, 30),
  asked: questions(8, seed + run),
}))
const generatedOnce = generated(60, seed % 1000)

describe.each(opened)('%s %s opens its file and', (_, __, phase, options) => {
  /**
   * How many of the answers, which must be those of the oracle over what the file keeps, have something in them; and which
   * share of the traces it keeps.
   */
  async function expectTruth(traces: readonly Trace[], asked: readonly Question[]) {
    const file = await fileOf(phase, options, traces)
    if (file === undefined) return { answered: 0, share: 1 }
    const kept = isWhole(phase) ? traces : (await collect(phase.decode(file))).flat()
    const source = await phase.open!(file)
    const oracle = phase.fidelity.lossy.includes(leavesOut)
      ? oracleOf(weightedSource(keptSource(kept)), kept)
      : kept === traces
        ? knownOracle(traces)
        : oracleOf(keptSource(kept), kept)
    return { answered: await expectSame(oracle, source, kept, asked), share: kept.length / traces.length }
  }

  test(`answers as the oracle does: drawn traces (seed ${seed})`, async () => {
    let [answered, shares] = [0, 0]
    for (const { traces, asked } of drawnPairs) {
      const found = await expectTruth(traces, asked)
      answered += found.answered
      shares += found.share
    }
    expect(answered).toBeGreaterThanOrEqual((51 * shares) / 6)
  })

  test(`answers as the oracle does: generated traces (seed ${seed % 1000})`, async () => {
    const { answered, share } = await expectTruth(generatedOnce, fixed)
    expect(answered).toBeGreaterThanOrEqual((fixed.length - 4) * share)
  })

  test.each(nastyCorpora)('answers as the oracle does: $name', async ({ traces }) => {
    await expectTruth(traces, fixed)
  })
})

test.each(decoded)(`%s %s decoded gives the answers of the oracle (seed ${seed})`, async (_, __, phase, options) => {
  const { traces } = drawnPairs[0]!
  const file = await fileOf(phase, options, traces)
  const source = memorySource((await collect(phase.decode(file!))).flat())
  const answered = await expectSame(knownOracle(traces), source, traces, questions(4, seed))
  expect(answered).toBeGreaterThan(5)
})
