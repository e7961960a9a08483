import { LabError } from '../../lib/error.ts'
import { nameOf } from '../runs/row-name.ts'
import type { Row, Run } from '../runs/run-schema.ts'
import { percent, seconds, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, tableOf, text } from '../text/table.ts'

/** Below this share no difference of times is told, however quiet the rounds were. */
const leastNoise = 0.1
/** A difference of times counts when it exceeds the spreads of both runs this many times. */
const noiseFactor = 3
/** What is taken for the spread of a single round. */
const unknownSpread = 0.05
/** Shorter times are noise. */
const leastSeconds = 0.02

/** One figure of one row that moved. */
interface Move {
  row: string
  what: string
  before: string | number | null
  after: string | number | null
  print?(value: number | null): string
}

/** What moved from one run to another of the same data: sizes exactly, times beyond noise. */
export function compareRuns(before: Run, after: Run, beforeName: string): Page {
  const moves = after.rows.flatMap((row): Move[] => {
    const old = before.rows.find(({ phase, variant }) => phase === row.phase && variant === row.variant)
    return old ? movesOf(old, row) : [{ row: nameOf(row), what: 'row', before: 'absent', after: 'new' }]
  })
  const title = `\nAgainst ${beforeName} (${before.environment.date.slice(0, 10)}, commit ${before.environment.commit ?? 'unknown'})`
  if (moves.length === 0) return [`${title}: nothing moved.`]
  const table = tableOf(moves, [
    text('row', ({ row }) => row),
    text('what', ({ what }) => what),
    number('before', move => inWords(move, move.before), undefined, { isWhole: false }),
    number('after', move => inWords(move, move.after), undefined, { isWhole: false }),
    number('change', ({ before, after }) => share(before, after), signed),
  ])
  return [`${title}:`, table]
}

/** Throws where the two runs cannot be compared. */
export function checkComparable(before: Run, after: Pick<Run, 'input' | 'environment'>, beforeName: string): void {
  if (before.input.digest !== after.input.digest)
    throw new LabError(
      'invalid',
      `${beforeName}: is of other data (${before.input.source}, digest ${before.input.digest.slice(0, 12)})`,
    )
  if (before.environment.zstd !== after.environment.zstd)
    throw new LabError('invalid', `${beforeName}: used ${before.environment.zstd}, this run ${after.environment.zstd}`)
}

function movesOf(before: Row, after: Row): Move[] {
  const moves: Move[] = []
  const row = nameOf(after)
  if (before.problem !== after.problem)
    moves.push({ row, what: 'problem', before: before.problem ?? 'none', after: after.problem ?? 'none' })
  if (before.fidelity !== after.fidelity)
    moves.push({ row, what: 'kept', before: before.fidelity ?? '–', after: after.fidelity ?? '–' })
  if (before.sizeBytes !== after.sizeBytes)
    moves.push({ row, what: 'bytes', before: before.sizeBytes, after: after.sizeBytes })
  for (const [what, time, spread] of timed) {
    const spreads = (before[spread] ?? unknownSpread) + (after[spread] ?? unknownSpread)
    const isLong = Math.max(before[time] ?? 0, after[time] ?? 0) >= leastSeconds
    if (isLong && Math.abs(share(before[time], after[time]) ?? 0) > Math.max(leastNoise, noiseFactor * spreads))
      moves.push({ row, what, before: before[time], after: after[time], print: seconds })
  }
  return moves
}

const timed = [
  ['encode CPU s', 'encodeCpuSeconds', 'encodeSpread'],
  ['decode CPU s', 'decodeCpuSeconds', 'decodeSpread'],
] as const

function inWords({ print = whole }: Move, value: Move['before']) {
  return typeof value === 'string' ? value : { value, words: print(value) }
}

function signed(change: number | null): string {
  if (change === null) return ''
  return `${change > 0 ? '+' : ''}${percent(change)}`
}

function share(before: Move['before'], after: Move['after']): number | null {
  return typeof before !== 'number' || typeof after !== 'number' || before === 0 ? null : after / before - 1
}
