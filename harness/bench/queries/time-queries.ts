import { messageOf } from '../../../lib/error.ts'
import { Clock, type Seconds } from '../../process/clock.ts'
import { type Summary, summarise } from '../../process/statistics.ts'
import { answerDifference, printFacts } from './answer-difference.ts'
import { ask, spansOf, usualTerms } from './ask.ts'
import type { Question, RangeTexts } from './query-set.ts'
import { type Opener, type OpeningCost, type ReadCost, type Subject, withOpener } from './subject.ts'
import { provingTerms, readTruth, type Truth } from './truth.ts'

/** What one operation costs: opening the file is not part of it, decoding it is. */
export interface QueryCost extends ReadCost {
  readonly seconds: Summary
  /** See `spansOf`. */
  readonly spans: number
}

/** The cost of a question, or why it was not earned. */
export interface QueryResult {
  readonly cost: QueryCost | null
  readonly problem: string | null
}

export interface TimedQueries {
  readonly results: readonly QueryResult[]
  readonly opening: OpeningCost | null
}

export interface AskJob {
  readonly subject: Subject
  readonly questions: readonly Question[]
  readonly truths: readonly Truth[]
  readonly range: RangeTexts
  /** Of the dataset, for the progress. */
  readonly spanCount: number
}

export type TimeQueriesJob = AskJob & { readonly folder: string; readonly rounds: number }

type Report = (spanCount: number) => void

/**
 * Holds the answer to each question against the truth, and then times each `rounds` times: to ask them all once is the
 * warm-up of all.
 */
export function timeQueries(job: TimeQueriesJob, report: Report): Promise<TimedQueries> {
  const { subject, questions, rounds } = job
  return withOpener(subject, rounds, async opener => {
    const problems: (string | null)[] = []
    for (const i of questions.keys()) problems.push(await problemOf(job, i, opener))
    const results: QueryResult[] = []
    for (const [i, problem] of problems.entries())
      results.push(problem === null ? await earn(job, questions[i]!, opener, report) : { cost: null, problem })
    const opening = await opener.open(async opened => opened.opening)
    return { results, opening: opening.requests === 0 ? null : opening }
  })
}

/** Asks each question once and keeps nothing. What fails here is told by `timeQueries`. */
export function askQueries({ subject, questions, truths, range, spanCount }: AskJob, report: Report): Promise<void> {
  return withOpener(subject, 1, async opener => {
    for (const [i, question] of questions.entries()) {
      if (truths[i]!.problem === null)
        await opener.open(({ source }) => ask(source, question, { ...usualTerms, range })).catch(() => {})
      report(spanCount)
    }
  })
}

/** Why a question is not timed; null where its answer is the true one. */
async function problemOf(
  { truths, questions, folder, range }: TimeQueriesJob,
  i: number,
  opener: Opener,
): Promise<string | null> {
  const { problem } = truths[i]!
  if (problem !== null) return problem
  try {
    const terms = provingTerms(questions[i]!, range, opener.kept)
    const answer = await opener.open(({ source }) => ask(source, questions[i]!, terms))
    const difference = answerDifference(await readTruth(folder, i, terms), printFacts(answer), opener.kept)
    return difference === undefined ? null : `answer differs from the oracle's: ${difference}`
  } catch (error) {
    return messageOf(error)
  }
}

async function earn(job: TimeQueriesJob, question: Question, opener: Opener, report: Report): Promise<QueryResult> {
  try {
    return { cost: await measure(job, question, opener, report), problem: null }
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
    opener.open(async ({ source, decoding, reads }) => {
      const clock = new Clock()
      const answer = await clock.inside(() => ask(source, question, { ...usualTerms, range }))
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
