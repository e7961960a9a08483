import { medianOf } from '../../../lib/median.ts'
import { keptSource } from '../../../lib/model/kept-source.ts'
import type { Estimate, Grouping } from '../../../lib/model/question.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { type Facts, gatherFacts } from '../../../lib/questions/facts.ts'
import { countSpansBy, durationsBy, errorSharesBy, groupsOf, type Values } from '../../../lib/questions/values.ts'
import { decide, type Thresholds } from '../../../lib/sampling/decide.ts'
import { parsePolicy } from '../../../lib/sampling/policy.ts'
import { derivedRandomness } from '../../../lib/sampling/randomness.ts'
import { TraceSummaries, withOtherRandomness } from '../../../lib/sampling/summary.ts'
import { adjustedCount, thresholdEnd } from '../../../lib/sampling/threshold.ts'
import type { Progress } from '../../text/progress.ts'
import { weightedFacts, withoutStates } from './weighted-facts.ts'

/** How often the bounds of estimates hold the truth, over many samples that differ in their random numbers. */
export interface Coverage {
  readonly traces: number
  readonly spans: number
  readonly policies: readonly PolicyCoverage[]
}

export interface PolicyCoverage {
  readonly policy: string
  readonly samples: number
  /** Of an average sample. */
  readonly keptTraces: number
  readonly questions: readonly QuestionCoverage[]
}

export interface QuestionCoverage {
  readonly question: string
  /** Groups of samples that have an estimate which the sample leaves open. */
  readonly estimates: number
  /** Shares of them whose bounds hold the truth, lie above and below it. */
  readonly held: number
  readonly above: number
  readonly below: number
  /** Relative: median error, and half of the median distance of two bounds. */
  readonly error: number
  readonly halfWidth: number
  /** Shares of the groups that a sample has whole, and that it lacks. */
  readonly certain: number
  readonly missing: number
}

const coveragePolicies = ['tail:errors,head=1%', 'combined', 'head:10%']

/** Samples by each policy, of which every question gets at least so many estimates. */
const minEstimates = 2000
const minSamples = 40
const maxSamples = 400

type Ask = (facts: Facts) => Values

const groupings: readonly Grouping[] = ['service', 'operation']
const questions: Readonly<Record<string, Ask>> = Object.fromEntries(
  groupings.flatMap((by): [string, Ask][] => [
    [`spans by ${by}`, facts => countSpansBy(facts, groupsOf(facts, by))],
    [`errors by ${by}`, facts => errorSharesBy(facts, groupsOf(facts, by))],
    ...[0.5, 0.95, 0.99].map((quantile): [string, Ask] => [
      `p${quantile * 100} by ${by}`,
      facts => durationsBy(facts, groupsOf(facts, by), quantile),
    ]),
  ]),
)

/** Samples the traces with random numbers that are derived from their ids and the number of the sample. */
export async function measureCoverage(traces: readonly Trace[], progress: Progress): Promise<Coverage> {
  const bare = traces.map(withoutStates)
  const facts = await gatherFacts(keptSource(bare))
  const summaries = new TraceSummaries()
  for (const trace of bare) summaries.add(trace)
  const stage = progress.stage('samples', coveragePolicies.length)
  const policies = coveragePolicies.map(text => {
    const policy = parsePolicy(text)
    const thresholdsOf = (seed: number) =>
      decide(
        policy,
        withOtherRandomness(summaries, row => derivedRandomness(bare[row]!.traceId, seed)),
      )
    const covered = coverPolicy(text, facts, thresholdsOf)
    stage.advance(1)
    return covered
  })
  stage.end()
  return { traces: traces.length, spans: countSpans(traces), policies }
}

function coverPolicy(policy: string, facts: Facts, thresholdsOf: (seed: number) => Thresholds): PolicyCoverage {
  const tallies = Object.entries(questions).map(([name, ask]) => ({ tally: new Tally(name, ask(facts)), ask }))
  let [samples, keptTraces] = [0, 0]
  while (
    samples < minSamples ||
    (samples < maxSamples && tallies.some(({ tally }) => tally.estimates < minEstimates))
  ) {
    const thresholds = thresholdsOf(++samples)
    const weights = Float64Array.from(thresholds, one => (one < thresholdEnd ? adjustedCount(one) : 0))
    const sample = weightedFacts(facts, weights)
    keptTraces += weights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0)
    for (const { tally, ask } of tallies) tally.add(ask(sample))
  }
  // Of traces without errors there is no share to estimate.
  const asked = tallies.filter(({ tally }) => tally.estimates > 0)
  return { policy, samples, keptTraces: keptTraces / samples, questions: asked.map(({ tally }) => tally.finish()) }
}

/** Counts what the estimates of one question hold. */
class Tally {
  estimates = 0
  readonly #name: string
  readonly #truths: Values
  #held = 0
  #above = 0
  #certain = 0
  #missing = 0
  #groups = 0
  readonly #errors: number[] = []
  readonly #halfWidths: number[] = []

  constructor(name: string, truths: Values) {
    this.#name = name
    this.#truths = truths
  }

  add(values: Values): void {
    for (const [group, { value: truth }] of this.#truths) {
      if (truth === 0) continue
      this.#groups++
      const estimate = values.get(group)
      if (estimate === undefined || !(estimate.value > 0)) this.#missing++
      else if (estimate.low === estimate.high && estimate.value === truth) this.#certain++
      else this.#count(estimate, truth)
    }
  }

  #count({ value, low, high }: Estimate, truth: number): void {
    const [least, most] = [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY]
    // Bounds of a whole sum meet the truth but for rounding.
    const rounding = 1e-9 * truth
    this.estimates++
    if (truth < least - rounding) this.#above++
    else if (truth <= most + rounding) this.#held++
    this.#errors.push(Math.abs(value - truth) / truth)
    this.#halfWidths.push((most - least) / 2 / truth)
  }

  finish(): QuestionCoverage {
    const share = (count: number) => count / this.estimates
    return {
      question: this.#name,
      estimates: this.estimates,
      held: share(this.#held),
      above: share(this.#above),
      below: share(this.estimates - this.#held - this.#above),
      error: medianOf(this.#errors),
      halfWidth: medianOf(this.#halfWidths),
      certain: this.#certain / this.#groups,
      missing: this.#missing / this.#groups,
    }
  }
}
