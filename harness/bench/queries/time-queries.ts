import { LabError, messageOf } from '../../../lib/error.ts'
import { Clock, type Seconds } from '../../process/clock.ts'
import { summarise } from '../../process/statistics.ts'
import type {
  QueryCost,
  QueryResult,
  Question,
  RangeTexts,
  TimedQueries,
  Truth,
} from '../../runs/query-bench-schema.ts'
import { answerDifference, limitedDifference, printFacts } from './answer-difference.ts'
import { defaultLimit, spansOf, usualTerms } from './ask.ts'
import { measureSettings } from './settings.ts'
import { type Opener, type Subject, withOpener } from './subject.ts'
import { provingTerms, readTruth } from './truth.ts'

export interface AskJob {
  readonly subject: Subject
  readonly questions: readonly Question[]
  readonly truths: readonly Truth[]
  readonly range: RangeTexts
  /** Of the dataset, for the progress. */
  readonly spanCount: number
}

export type TimeQueriesJob = AskJob & {
  readonly folder: string
  readonly rounds: number
  /** Whether a peer is asked as well: files that open are then timed in all settings. */
  readonly besidePeer: boolean
}

type Report = (spanCount: number) => void

/**
 * Holds the answer to each question against the truth, and then times each `rounds` times: to ask them all once is the
 * warm-up of all.
 */
export function timeQueries(job: TimeQueriesJob, report: Report): Promise<TimedQueries> {
  const { subject, questions, rounds } = job
  return withOpener(subject, rounds, async opener => {
    const failures: (QueryResult | null)[] = []
    for (const i of questions.keys()) failures.push(await failureOf(job, i, opener))
    const results: QueryResult[] = []
    for (const [i, failure] of failures.entries())
      results.push(failure ?? (await earn(job, questions[i]!, opener, report)))
    const opening = await opener.open(async opened => opened.opening)
    return { results, opening: opening.requests === 0 ? null : opening }
  })
}

/** Asks each question once and keeps nothing. What fails here is told by `timeQueries`. */
export function askQueries({ subject, questions, truths, range, spanCount }: AskJob, report: Report): Promise<void> {
  return withOpener(subject, 1, async opener => {
    for (const [i, question] of questions.entries()) {
      if (truths[i]!.problem === null)
        await opener.open(({ ask }) => ask(question, { ...usualTerms, range })).catch(() => {})
      report(spanCount)
    }
  })
}

/** Why a question is not timed; null where its answer is the true one. */
async function failureOf(job: TimeQueriesJob, i: number, opener: Opener): Promise<QueryResult | null> {
  const { subject, truths } = job
  const { problem } = truths[i]!
  if (problem !== null) return { cost: null, problem }
  try {
    const difference = await differenceOf(job, i, opener)
    return difference === undefined ? null : { cost: null, problem: `answer differs from the oracle's: ${difference}` }
  } catch (error) {
    const isRefused = 'peer' in subject && error instanceof LabError && error.kind === 'unsupported'
    return { cost: null, ...(isRefused ? { problem: null, refusal: error.message } : { problem: messageOf(error) }) }
  }
}

/** The first difference from the true answer: in whole, and beside a peer as well up to the limit. */
async function differenceOf(
  { questions, folder, range, besidePeer }: TimeQueriesJob,
  i: number,
  opener: Opener,
): Promise<string | undefined> {
  const question = questions[i]!
  const terms = provingTerms(question, range, opener.kept)
  const truth = await readTruth(folder, i, terms)
  const answer = (limit: number) => opener.open(({ ask }) => ask(question, { ...terms, limit })).then(printFacts)
  const difference = answerDifference(truth, await answer(terms.limit), opener.kept)
  if (difference !== undefined || !besidePeer || question.kind !== 'search') return difference
  return limitedDifference(truth, await answer(defaultLimit), defaultLimit, opener.kept)
}

async function earn(job: TimeQueriesJob, question: Question, opener: Opener, report: Report): Promise<QueryResult> {
  try {
    const cost = await measure(job, question, opener, report)
    if (!job.besidePeer || !opener.isOpening) return { cost, problem: null }
    return { cost, problem: null, settings: await measureSettings(question, opener, job) }
  } catch (error) {
    return { cost: null, problem: messageOf(error) }
  }
}

async function measure(
  { range, rounds, spanCount }: TimeQueriesJob,
  question: Question,
  opener: Opener,
  report: Report,
): Promise<QueryCost> {
  let last: Omit<QueryCost, 'seconds'> | undefined
  const seconds = await summarise(rounds, () =>
    opener.open(async ({ ask, decoding, reads }) => {
      const clock = new Clock()
      const answer = await clock.inside(() => ask(question, { ...usualTerms, range }))
      last = { ...reads(), spans: spansOf(answer) }
      report(spanCount)
      return sum(decoding, clock.read())
    }),
  )
  return { ...last!, seconds }
}

function sum(a: Seconds, b: Seconds): Seconds {
  return { wall: a.wall + b.wall, cpu: a.cpu + b.cpu }
}
