import { LabError } from '../../../lib/error.ts'
import { encodeTraces } from '../../../lib/formats/ndjson/print.ts'
import { keptSource } from '../../../lib/model/kept-source.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { SourceAsker } from '../../../lib/questions/ask-source.ts'
import { classesOf, type TraceClasses } from '../../../lib/questions/classes.ts'
import { type Asked, askTruths, priceOf } from '../../../lib/questions/price.ts'
import { questionSet } from '../../../lib/questions/questions.ts'
import { parsePolicy } from '../../../lib/sampling/policy.ts'
import { Sample } from '../../../lib/sampling/sample.ts'
import { TraceSummaries } from '../../../lib/sampling/summary.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { describeEnvironment } from '../../runs/environment.ts'
import type { LossCurve, LossRow } from '../../runs/loss-curve-schema.ts'
import type { BenchInput } from '../../runs/run-schema.ts'
import type { Progress } from '../../text/progress.ts'
import { survivedOf } from '../../verify/loss.ts'
import { blockpackBytes, inOneBatch } from './stored-size.ts'

const percents = [0.1, 0.5, 1, 5, 10]
export const targetRatios: readonly number[] = [100, 200, 500]

/** By name how a policy is written for a share in percent. */
const families: Readonly<Record<string, (percent: number) => string>> = {
  head: percent => `head:${percent}%`,
  tail: percent => `tail:errors,slow=p99,rare=10,head=${percent}%`,
  budget: percent => `budget:${percent}%`,
}

/** Families whose share alone decides how much is kept, so that any ratio can be reached. */
const searchedFamilies = ['head', 'budget']

/** Sweeps the rates of each kind of policy, and searches for the rates that give the ratios. */
export async function measureLossCurve(
  input: BenchInput,
  traces: readonly Trace[],
  progress: Progress,
): Promise<LossCurve> {
  const bench = await prepareBench(traces)
  const stage = progress.stage('sampling', Object.keys(families).length * percents.length + searchedFamilies.length * 3)
  const rows: LossRow[] = []
  const empty: string[] = []
  for (const family of Object.keys(families))
    for (const percent of percents) {
      const row = await measureRow(bench, family, percent)
      if (row === undefined) empty.push(families[family]!(percent))
      else rows.push(row)
      stage.advance(1)
    }
  const exact = sizesOf(bench, await blockpackBytes(traces))
  const targets: LossCurve['targets'][number][] = []
  for (const ratio of targetRatios)
    for (const family of searchedFamilies) {
      const own = rows.filter(row => row.family === family)
      const percent = await findPercent(bench, family, ratio, [...own, { ...exact, percent: 100 }])
      if (percent !== undefined) targets.push({ ratio, row: (await measureRow(bench, family, percent))! })
      stage.advance(1)
    }
  stage.end()
  const environment = { ...describeEnvironment({ lanes: 1, zstdLevel: null }), rounds: null }
  return { kind: 'loss', input, environment, ndjsonBytes: bench.ndjsonBytes, exact, rows, empty, targets }
}

/** The original, and the truth. */
interface Bench {
  readonly traces: readonly Trace[]
  readonly spans: number
  readonly ndjsonBytes: number
  readonly summaries: TraceSummaries
  readonly asked: readonly Asked[]
  readonly classes: TraceClasses
}

async function prepareBench(traces: readonly Trace[]): Promise<Bench> {
  const summaries = new TraceSummaries()
  for (const trace of traces) summaries.add(trace)
  let ndjsonBytes = 0
  for (const chunk of encodeTraces(traces)) ndjsonBytes += chunk.length
  const asker = new SourceAsker(weightedSource(keptSource(traces)))
  const asked = await askTruths(await questionSet(asker), question => asker.ask(question))
  return { traces, spans: countSpans(traces), ndjsonBytes, summaries, asked, classes: classesOf(traces) }
}

/** Undefined where nothing is kept. */
async function measureRow(bench: Bench, family: string, percent: number): Promise<LossRow | undefined> {
  const policy = families[family]!(percent)
  const kept = await keep(bench, policy)
  if (kept.length === 0) return undefined
  const asker = new SourceAsker(weightedSource(keptSource(kept)))
  return {
    policy,
    family,
    percent,
    traces: kept.length,
    spans: countSpans(kept),
    ...sizesOf(bench, await blockpackBytes(kept)),
    survived: survivedOf(bench.traces, bench.classes, new Set(kept.map(({ traceId }) => traceId))),
    price: await priceOf(bench.asked, question => asker.ask(question)),
  }
}

/** What a policy keeps: nothing where its budget is below the first trace, which is an error. */
async function keep({ traces, summaries }: Bench, policy: string): Promise<Trace[]> {
  const kept: Trace[] = []
  try {
    const sample = new Sample(parsePolicy(policy), summaries)
    for await (const batch of sample.keep(inOneBatch(traces))) kept.push(...batch)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
  }
  return kept
}

function sizesOf({ spans, ndjsonBytes }: Bench, bytes: number): LossCurve['exact'] {
  return { bytes, bytesPerSpan: bytes / spans, ratio: ndjsonBytes / bytes }
}

/** A share in percent, and the ratio that it gives. */
interface Point {
  readonly percent: number
  readonly ratio: number
}

/** A search ends within 1 % of its ratio, or after so many trials. */
const closeEnough = 1.01
const maxTrials = 8

/**
 * The largest share in percent that was found to give at least the ratio, with three digits; undefined where none does.
 * Between the measured points around it ratios are taken for powers of shares.
 */
async function findPercent(
  bench: Bench,
  family: string,
  target: number,
  known: readonly Point[],
): Promise<number | undefined> {
  const points = [...known].sort((a, b) => a.percent - b.percent)
  let low = points.findLast(({ ratio }) => ratio >= target)
  let high = points.find(({ ratio }) => ratio < target)
  for (let trial = 0; trial < maxTrials && low !== undefined && high !== undefined; trial++) {
    if (low.ratio < target * closeEnough) break
    const percent = between(low, high, target, trial % 2 === 1)
    if (percent === low.percent || percent === high.percent) break
    const ratio = await ratioAt(bench, family, percent)
    if (ratio >= target) low = { percent, ratio }
    else high = { percent, ratio }
  }
  return low?.percent
}

/** A share where the ratio should be met, or the middle: a line alone may stay on one side. */
function between(low: Point, high: Point, target: number, isHalved: boolean): number {
  const slope = Math.log(high.percent / low.percent) / Math.log(high.ratio / low.ratio)
  const step = isHalved ? Math.log(high.percent / low.percent) / 2 : slope * Math.log(target / low.ratio)
  return Number((low.percent * Math.exp(step)).toPrecision(3))
}

/** Infinite where nothing is kept. */
async function ratioAt(bench: Bench, family: string, percent: number): Promise<number> {
  return bench.ndjsonBytes / (await blockpackBytes(await keep(bench, families[family]!(percent))))
}
