import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../lib/error.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { writeText } from '../../../lib/storage/local-write.ts'
import { readDataset } from '../../open/dataset.ts'
import type { Question, RangeTexts, Truth } from '../../runs/query-bench-schema.ts'
import type { Kept } from './answer-difference.ts'
import { printFacts } from './answer-difference.ts'
import { ask, matchedBy, type Terms, usualTerms } from './ask.ts'

export interface TruthJob {
  readonly dataset: string
  /** Where the answers go. */
  readonly folder: string
  readonly questions: readonly Question[]
  readonly range: RangeTexts
  /** Whether answers with all of their spans are wanted beside those as they are asked for. */
  readonly wantsAllSpans: boolean
}

/** Answers each question from the traces themselves, and keeps the answers for those who are held against them. */
export async function writeTruths(job: TruthJob, report: (spanCount: number) => void): Promise<Truth[]> {
  const traces: Trace[] = []
  for await (const batch of readDataset(job.dataset)) traces.push(...batch)
  const source = memorySource(traces)
  const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
  const truths: Truth[] = []
  for (const [i, question] of job.questions.entries()) {
    truths.push(await writeTruth(job, i, question, source))
    report(spanCount)
  }
  return truths
}

async function writeTruth(
  { folder, range, wantsAllSpans }: TruthJob,
  i: number,
  question: Question,
  source: SpanSource,
): Promise<Truth> {
  try {
    const terms = { ...usualTerms, range, maxSeries: Number.MAX_SAFE_INTEGER }
    const answer = await ask(source, question, terms)
    await writeText(truthPath(folder, i), printFacts(answer))
    if (wantsAllSpans && question.kind === 'search')
      await writeText(
        truthPath(folder, i, allSpans),
        printFacts(await ask(source, question, { ...terms, ...allSpans })),
      )
    const matched = matchedBy(answer)
    return { matched, problem: expectation(question, matched) }
  } catch (error) {
    return { matched: 0, problem: `has no true answer: ${messageOf(error)}` }
  }
}

const allSpans = { spansPerSet: Number.MAX_SAFE_INTEGER }

/** How a question is asked to be held against the truth: for all spans where their order is the file's own. */
export function provingTerms({ kind }: Question, range: RangeTexts, { spanOrder }: Kept): Terms {
  return { ...usualTerms, range, ...(kind === 'search' && !spanOrder ? allSpans : {}) }
}

/** The true answer, as `printFacts` has it. */
export function readTruth(folder: string, i: number, terms: Pick<Terms, 'spansPerSet'>): Promise<string> {
  return readFile(truthPath(folder, i, terms), 'utf8')
}

function truthPath(folder: string, i: number, { spansPerSet }: Pick<Terms, 'spansPerSet'> = usualTerms): string {
  return join(folder, `answer-${i}${spansPerSet === usualTerms.spansPerSet ? '' : '-all'}.json`)
}

/** A time of a question that finds nothing would tell nothing, and one that should find nothing must not find some. */
function expectation({ expects }: Question, matched: number): string | null {
  if (expects === 'some' && matched === 0) return 'matches nothing, so that its time would tell nothing'
  if (expects === 'none' && matched > 0) return `should match nothing, matches ${matched} spans`
  return null
}
