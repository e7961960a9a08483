import { type VerdictKind, verdictKinds } from '../../lib/conformance/verdict.ts'
import { getOrInsert } from '../../lib/maps.ts'
import { whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import type { Conformance, Result } from './run.ts'

/** How many answers of a topic there are of each kind. */
export interface TopicCount {
  readonly topic: string
  readonly cases: number
  readonly counts: Readonly<Record<VerdictKind, number>>
}

/** The topics in the order of their cases, and all of them. */
export function countTopics(results: readonly Result[]): TopicCount[] {
  const byTopic = new Map<string, Result[]>()
  for (const result of results) getOrInsert(byTopic, result.case.topic, () => []).push(result)
  return [...Array.from(byTopic, ([topic, own]) => countOf(topic, own)), countOf('all', results)]
}

function countOf(topic: string, results: readonly Result[]): TopicCount {
  const counts = Object.fromEntries(
    verdictKinds.map(kind => [kind, results.filter(({ verdict }) => verdict.kind === kind).length]),
  ) as Record<VerdictKind, number>
  return { topic, cases: results.length, counts }
}

/** The answers that are not right. */
export function notRight({ results }: Conformance): Result[] {
  return results.filter(({ verdict }) => verdict.kind !== 'right')
}

/** The kinds that have a column: those that occur, and `right`. */
export function kindsIn(topics: readonly TopicCount[]): VerdictKind[] {
  return verdictKinds.filter(kind => kind === 'right' || topics.some(({ counts }) => counts[kind] > 0))
}

/** A row per topic; kinds that do not occur have no column. */
export function topicTable({ results }: Conformance): Table {
  const rows = countTopics(results)
  return tableOf(
    rows,
    [
      text('topic', ({ topic }) => topic, { keep: 1 }),
      number('cases', ({ cases }) => cases),
      ...kindsIn(rows).map(kind => number<TopicCount>(kind, ({ counts }) => counts[kind], zeroAsDot)),
    ],
    'topics',
  )
}

function zeroAsDot(count: number | null): string {
  return count === 0 ? '·' : whole(count)
}

/** Each answer that is not right, with its case. */
export function failureTable(conformance: Conformance): Table {
  return tableOf(
    notRight(conformance),
    [
      text('case', ({ case: { topic, line } }) => `${topic}:${line}`, { keep: 2, isWhole: true }),
      text('verdict', ({ verdict }) => verdict.kind, { keep: 1 }),
      text('asked', ({ case: one }) => one.text, { maxWidth: 60 }),
      text('answer', ({ verdict }) => verdict.detail ?? ''),
    ],
    'failures',
  )
}

/** What the terminal shows. */
export function conformancePage(conformance: Conformance): Page {
  const { notes, results } = conformance
  const wrong = notRight(conformance)
  return [
    topicTable(conformance),
    ...notes,
    ...(wrong.length === 0 ? [] : [failureTable(conformance)]),
    wrong.length === 0
      ? `all ${whole(results.length)} answers are right`
      : `${whole(wrong.length)} of ${whole(results.length)} answers are not right`,
  ]
}

/** The run as JSON: every case. */
export function conformanceJson({ run, profile, results, notes }: Conformance) {
  return {
    run: run.name,
    profile: profile ?? null,
    topics: countTopics(results).map(({ topic, cases, counts }) => ({ topic, cases, ...counts })),
    notes,
    cases: results.map(({ case: one, verdict, millis }) => ({
      ...{ topic: one.topic, line: one.line, why: one.why, asked: one.text, source: one.source },
      ...{ verdict: verdict.kind, detail: verdict.detail ?? null, millis: Math.round(millis * 100) / 100 },
    })),
  }
}
