import type { Answer, Question, TimeRange } from '../model/question.ts'
import { type Facts, type Groups, gatherFacts, noGroup } from '../questions/facts.ts'
import { bucketOf } from '../rollup/buckets.ts'
import type { RollupReader } from '../rollup/file.ts'
import { levels, type Piece, planLevels } from '../rollup/levels.ts'
import { type GroupOf, groupings, Summary } from '../rollup/summary.ts'
import type { TiersFile } from './file.ts'
import { isHeld, touched, wholeSource } from './held.ts'

/** What rollups answer. */
export type Summarised = Question & { readonly ask: 'spans' | 'errors' | 'duration' | 'edges' }

/** Answers from rollups, and from the spans that other tiers hold. */
export async function summarise(file: TiersFile, question: Summarised): Promise<Answer> {
  const { range } = question
  const tiers = touched(file, range)
  const rollup = file.rollup!
  const cut = range && (await cutSecond(rollup, range))
  if (cut !== undefined)
    return unanswerable(`the range cuts second ${cut}, of which rollups have the whole: ask from whole seconds`)
  const grouping = question.ask === 'edges' ? 'edge' : question.by
  const summary = new Summary()
  const used = new Set<number>()
  for (const piece of piecesOf(range))
    if ((await addPiece(summary, rollup, piece, groupings[grouping])) > 0) used.add(piece.level)
  const isMixed = tiers.some(isHeld)
  if (isMixed) addFacts(summary, await gatherFacts(wholeSource(file), range), grouping)
  const rolledUp = `rollup of ${[...used]
    .sort()
    .map(level => levels[level]!.name)
    .join(', ')}`
  const held = used.size === 0 ? 'exact' : isMixed ? `exact and ${rolledUp}` : rolledUp
  const basis = tiers.some(({ sampledCount }) => sampledCount > 0) ? `${held} of samples` : held
  return { kind: 'values', basis, values: valuesOf(summary, question) }
}

function unanswerable(reason: string): Answer {
  return { kind: 'unanswerable', reason }
}

function valuesOf(summary: Summary, question: Summarised) {
  if (question.ask === 'errors') return summary.errorShares()
  return question.ask === 'duration' ? summary.durations(question.quantile) : summary.spanCounts()
}

const nanosPerSecond = 1_000_000_000n

/** The intervals that hold the whole seconds of the range; the coarsest ones of all time. */
function piecesOf(range: TimeRange | undefined): readonly Piece[] {
  if (!range) return [{ level: levels.length - 1, first: 0, end: Number.POSITIVE_INFINITY }]
  const first = (range.startNanos + nanosPerSecond - 1n) / nanosPerSecond
  return planLevels(Number(first), Number(range.endNanos / nanosPerSecond))
}

/** The first second that the range has a part of, and the rollup a span of. */
async function cutSecond(rollup: RollupReader, { startNanos, endNanos }: TimeRange): Promise<bigint | undefined> {
  for (const bound of [startNanos, endNanos]) {
    const second = bound / nanosPerSecond
    if (bound % nanosPerSecond === 0n) continue
    const piece = { level: 0, first: Number(second), end: Number(second) + 1 }
    if ((await addPiece(new Summary(), rollup, piece, groupings.service)) > 0) return second
  }
  return undefined
}

async function addPiece(
  summary: Summary,
  rollup: RollupReader,
  { level, first, end }: Piece,
  groupOf: GroupOf,
): Promise<number> {
  let spanCount = 0
  for await (const chunk of rollup.chunks(level, first, end)) spanCount += summary.addChunk(chunk, groupOf, first, end)
  return spanCount
}

function addFacts(summary: Summary, facts: Facts, grouping: keyof typeof groupings): void {
  const { codes, names }: Groups = { service: facts.services, operation: facts.operations, edge: facts.edges }[grouping]
  for (const [row, code] of codes.entries())
    if (code !== noGroup)
      summary.add(names[code]!, facts.errors[row] === 1, bucketOf(facts.durations[row]!), facts.weights?.[row] ?? 1)
}
