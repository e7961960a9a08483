import type { Limits } from '../model/limits.ts'
import type { Answer, Question, TimeRange } from '../model/question.ts'
import type { SpanSource } from '../model/scan.ts'
import type { Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { search } from '../traceql/answers/search.ts'
import { parseQuery } from '../traceql/engine/validate.ts'
import { compareShares } from './compare.ts'
import { type Facts, gatherFacts } from './facts.ts'
import { operationCounts, topTemplates } from './traces.ts'
import { countSpansBy, durationsBy, errorSharesBy, groupsOf, type Values } from './values.ts'

/** Answers a question from the spans of a source, as often as each represents one. */
export function askSource(source: SpanSource, question: Question, limits: Limits = {}): Promise<Answer> {
  return new SourceAsker(source, limits).ask(question)
}

/** Answers questions of one source. What several of them need is read once, and held: 40 bytes per span. */
export class SourceAsker {
  readonly source: SpanSource
  readonly #limits: Limits
  readonly #facts = new Map<string, Promise<Facts>>()

  constructor(source: SpanSource, limits: Limits = {}) {
    this.source = source
    this.#limits = limits
  }

  async ask(question: Question): Promise<Answer> {
    const facts = await this.#factsOf(question.range)
    if (question.ask === 'search') return this.#search(question, facts)
    if (question.ask === 'trace') return this.#trace(question.traceId, facts)
    return { kind: 'values', basis: basisOf(facts), values: await this.#values(question, facts) }
  }

  /** The facts of a range, all spans where it is undefined. */
  facts(range?: TimeRange): Promise<Facts> {
    return this.#factsOf(range)
  }

  #factsOf(range: TimeRange | undefined): Promise<Facts> {
    const key = range === undefined ? '' : `${range.startNanos}-${range.endNanos}`
    let facts = this.#facts.get(key)
    if (facts === undefined) {
      facts = gatherFacts(this.source, range, this.#limits)
      this.#facts.set(key, facts)
    }
    return facts
  }

  async #values(question: Exclude<Question, { ask: 'search' | 'trace' }>, facts: Facts): Promise<Values> {
    switch (question.ask) {
      case 'spans':
        return countSpansBy(facts, groupsOf(facts, question.by))
      case 'errors':
        return errorSharesBy(facts, groupsOf(facts, question.by))
      case 'duration':
        return durationsBy(facts, groupsOf(facts, question.by), question.quantile)
      case 'edges':
        return countSpansBy(facts, facts.edges)
      case 'templates':
        return topTemplates(facts, this.#traces(facts.traceIds), question.top)
      case 'compare':
        return compareShares(this.source, question, this.#limits)
    }
  }

  #traces(traceIds: readonly string[]): AsyncIterable<Trace> {
    return this.source.findTraces(traceIds, this.#limits)
  }

  async #search({ query, range }: Question & { ask: 'search' }, facts: Facts): Promise<Answer> {
    const options = { ...this.#limits, ...range, limit: Number.MAX_SAFE_INTEGER, spss: 1 }
    const { traces } = await search(this.source, parseQuery(query), options)
    return {
      kind: 'traces',
      basis: basisOf(facts),
      traceIds: new Set(traces.map(({ traceID }) => traceID)),
      isComplete: facts.weights === undefined,
    }
  }

  async #trace(traceId: string, facts: Facts): Promise<Answer> {
    const values = await operationCounts(this.#traces([traceId]))
    if (values.size === 0 && facts.weights !== undefined)
      return { kind: 'unanswerable', reason: `trace ${traceKey(traceId)} is not in the ${basisOf(facts)}` }
    return { kind: 'values', basis: 'exact', values }
  }
}

function basisOf({ weights, traceIds }: Facts): string {
  return weights === undefined ? 'exact' : `sample of ${traceIds.length.toLocaleString('en-US')} traces`
}
