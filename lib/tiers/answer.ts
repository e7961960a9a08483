import type { Answer, Estimate, Question, TimeRange } from '../model/question.ts'
import { traceKey } from '../model/trace-id.ts'
import { SourceAsker } from '../questions/ask-source.ts'
import { operationCounts } from '../questions/traces.ts'
import { joinSources } from '../search/join-sources.ts'
import { planPipeline } from '../traceql/engine/plan.ts'
import { parseQuery } from '../traceql/engine/validate.ts'
import { startsOf, type TierFacts } from './contents.ts'
import { type TiersFile, type TracesTier, tracesTiers } from './file.ts'
import { isHeld, isWhole, touched, wholeSource } from './held.ts'
import { summarise } from './summarise.ts'

type QuestionOf<Ask extends Question['ask']> = Question & { ask: Ask }

/**
 * Answers from the best tier that holds what is asked for, and says which. A tier is asked only if it holds all that the
 * question reads; each span counts once, whichever tier it is in.
 */
export async function answerFromTiers(file: TiersFile, question: Question): Promise<Answer> {
  switch (question.ask) {
    case 'templates':
      return topTemplates(file, question)
    case 'compare':
      return compare(file, question)
    case 'search':
      return search(file, question)
    case 'trace':
      return findTrace(file, question)
    default:
      return isWhole(file, question.range) ? askWhole(file, question) : summarise(file, question)
  }
}

function askWhole(file: TiersFile, question: Question): Promise<Answer> {
  return new SourceAsker(wholeSource(file)).ask(question)
}

function unanswerable(reason: string): Answer {
  return { kind: 'unanswerable', reason }
}

/** Traces of which only counts are kept, in words. */
function countedOnly(facts: readonly TierFacts[]): string {
  const counted = facts.filter(facts => !isHeld(facts))
  const traceCount = counted.reduce((sum, facts) => sum + facts.traceCount, 0)
  return `${traceCount.toLocaleString('en-US')} traces are kept as ${counted.map(({ name }) => name).join(' and ')}`
}

async function topTemplates(file: TiersFile, question: QuestionOf<'templates'>): Promise<Answer> {
  const { range, top } = question
  const tiers = touched(file, range)
  const counted = tiers.filter(({ name }) => name !== 'exact')
  const cut = counted.find(facts => !isWithin(facts, range))
  if (cut) return unanswerable(`traces of tier ${cut.name} are counted by template for all of its time, not for a part`)
  const counts = new Map<string, number>()
  const add = (key: string, count: number) => counts.set(key, (counts.get(key) ?? 0) + count)
  for (const { templates } of counted) for (const [key, count] of templates) add(key, count)
  const exact = tiers.some(({ name }) => name === 'exact') ? file.sources.get('exact') : undefined
  if (exact) {
    const own = await new SourceAsker(exact).ask({ ...question, top: Number.MAX_SAFE_INTEGER })
    if (own.kind !== 'values') return own
    for (const [key, { value }] of own.values) add(key, value)
  }
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, top)
  const values = new Map<string, Estimate>(ranked.map(([key, value]) => [key, { value }]))
  return { kind: 'values', basis: counted.length > 0 ? 'counts by template' : 'exact', values }
}

function isWithin(facts: TierFacts, range: TimeRange | undefined): boolean {
  const { first, last } = startsOf(facts)!
  return !range || (range.startNanos <= first && last < range.endNanos)
}

async function compare(file: TiersFile, question: QuestionOf<'compare'>): Promise<Answer> {
  const tiers = touched(file, question.range)
  if (!isWhole(file, question.range)) return unanswerable(`attributes of ${countedOnly(tiers)}`)
  const lost = tiers.some(({ name }) => name === 'renamed') ? lostColumns(file) : new Set<string>()
  const read = columnsRead(question.selection).filter(column => lost.has(column))
  if (read.length > 0) return unanswerable(`tier renamed does not keep ${read.join(', ')}`)
  const answer = await askWhole(file, question)
  if (answer.kind !== 'values' || lost.size === 0) return answer
  const kept = [...answer.values].filter(([key]) => !lost.has(key.slice(0, key.indexOf('\0'))))
  const { dropped } = file.contents
  const basis = dropped.length === 0 ? answer.basis : `${answer.basis} without ${dropped.join(', ')}`
  return { ...answer, basis, values: new Map(kept) }
}

/** Columns that the renamed tier has not as they were. */
function lostColumns({ contents }: TiersFile): Set<string> {
  return new Set(['span:id', 'span:parentID', 'link:spanID', ...contents.dropped])
}

/** What a search, or the selection of a comparison, reads of spans to decide which match. */
function columnsRead(text: string): readonly string[] {
  const query = parseQuery(text)
  return query.kind === 'search' ? planPipeline(query.pipeline, {}).request.columns : []
}

async function search(file: TiersFile, question: QuestionOf<'search'>): Promise<Answer> {
  const tiers = touched(file, question.range)
  const lost = lostColumns(file)
  const readsLost = columnsRead(question.query).some(column => lost.has(column))
  const asked = tiers
    .map(({ name }) => name)
    .filter((name): name is TracesTier => name !== 'rollup' && !(name === 'renamed' && readsLost))
  if (tiers.length > 0 && asked.length === 0) {
    const reason = tiers.some(({ name }) => name === 'renamed')
      ? `tier renamed does not keep ${columnsRead(question.query)
          .filter(column => lost.has(column))
          .join(', ')}`
      : countedOnly(tiers)
    return unanswerable(reason)
  }
  const source = joinSources(asked.flatMap(name => file.sources.get(name) ?? []))
  const answer = await new SourceAsker(source).ask(question)
  if (answer.kind !== 'traces') return answer
  const isComplete = answer.isComplete && asked.length === tiers.length && !asked.includes('exemplars')
  return { ...answer, isComplete, basis: `${asked.join(', ') || 'exact'}${isComplete ? '' : ' of more traces'}` }
}

async function findTrace({ sources, contents }: TiersFile, { traceId }: QuestionOf<'trace'>): Promise<Answer> {
  for (const name of tracesTiers) {
    const source = sources.get(name)
    const values = source && (await operationCounts(source.findTraces([traceId])))
    if (values && values.size > 0) return { kind: 'values', basis: name, values }
  }
  const lost = contents.tiers.filter(facts => facts.traceCount > 0 && !isHeld(facts))
  if (lost.length === 0) return { kind: 'values', basis: 'exact', values: new Map() }
  return unanswerable(`trace ${traceKey(traceId)} is not held; ${countedOnly(lost)}`)
}
