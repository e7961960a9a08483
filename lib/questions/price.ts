import { medianOf } from '../median.ts'
import type { Answer, Question } from '../model/question.ts'
import { type AnswerError, errorOf } from './error.ts'
import type { QuestionGroup } from './questions.ts'

/** What answers to one kind of question have lost. */
export interface Price {
  readonly question: string
  /** How many were asked, how many of them could not be answered, and why the first of those could not. */
  readonly asked: number
  readonly unanswerable: number
  readonly reason: string | null
  /** Median and worst over the groups of each answer, and over answers; null where there is no answer. */
  readonly medianError: number | null
  readonly worstError: number | null
  /** Share of the groups whose bounds do not hold the truth; null where answers have no bounds. */
  readonly outside: number | null
  /** Groups or traces of the truth that answers lack, and those of answers that the truth lacks. */
  readonly missing: number
  readonly invented: number
  readonly basis: string | null
}

export type Ask = (question: Question) => Promise<Answer>

/** Questions with their true answers. */
export interface Asked extends Omit<QuestionGroup, 'questions'> {
  readonly questions: readonly { readonly question: Question; readonly truth: Answer }[]
}

/** Asks the original, by the code that asks what was kept. */
export async function askTruths(groups: readonly QuestionGroup[], ask: Ask): Promise<Asked[]> {
  const asked: Asked[] = []
  for (const { name, questions } of groups) {
    const truths: Asked['questions'][number][] = []
    for (const question of questions) truths.push({ question, truth: await ask(question) })
    asked.push({ name, questions: truths })
  }
  return asked
}

/** Asks what was kept, and holds its answers against the truth. */
export async function priceOf(asked: readonly Asked[], ask: Ask): Promise<Price[]> {
  const prices: Price[] = []
  for (const group of asked) prices.push(await priceOfGroup(group, ask))
  return prices
}

async function priceOfGroup({ name, questions }: Asked, ask: Ask): Promise<Price> {
  const errors: AnswerError[] = []
  let reason: string | null = null
  for (const { question, truth } of questions) {
    const answer = await ask(question)
    const error = errorOf(question, truth, answer)
    if (error !== undefined) errors.push(error)
    else if (answer.kind === 'unanswerable') reason ??= answer.reason
  }
  const outside = errors.flatMap(error => error.outside ?? [])
  const isAnswered = errors.length > 0
  return {
    question: name,
    asked: questions.length,
    unanswerable: questions.length - errors.length,
    reason,
    medianError: isAnswered ? medianOf(errors.map(({ median }) => median)) : null,
    worstError: isAnswered ? Math.max(...errors.map(({ worst }) => worst)) : null,
    outside: outside.length > 0 ? sum(outside) / outside.length : null,
    missing: sum(errors.map(({ missing }) => missing)),
    invented: sum(errors.map(({ invented }) => invented)),
    basis: errors[0]?.basis ?? null,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
