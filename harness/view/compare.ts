import { LabError } from '../../lib/error.ts'
import { nameOf, type Row, type Run } from '../runs/run-schema.ts'
import { percent, seconds, whole } from '../text/format.ts'
import { printTerminal } from '../text/table.ts'

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
  before: string
  after: string
  change: string
}

/** What moved from one run to another of the same data: sizes exactly, times beyond noise. */
export function printComparison(before: Run, after: Run, beforeName: string): string {
  const moves = after.rows.flatMap(row => {
    const old = before.rows.find(({ phase, variant }) => phase === row.phase && variant === row.variant)
    return old ? movesOf(old, row) : [{ row: nameOf(row), what: 'row', before: 'absent', after: 'new', change: '' }]
  })
  const title = `\nAgainst ${beforeName} (${before.environment.date.slice(0, 10)}, commit ${before.environment.commit ?? 'unknown'})`
  if (moves.length === 0) return `${title}: nothing moved.`
  const rows = moves.map(move => [move.row, move.what, move.before, move.after, move.change])
  const headers = ['row', 'what', 'before', 'after', 'change']
  return `${title}:\n${printTerminal({ headers, aligns: ['left', 'left', 'right', 'right', 'right'], rows })}`
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
    moves.push({ row, what: 'problem', before: before.problem ?? 'none', after: after.problem ?? 'none', change: '' })
  if (before.fidelity !== after.fidelity)
    moves.push({ row, what: 'kept', before: before.fidelity ?? '–', after: after.fidelity ?? '–', change: '' })
  if (before.sizeBytes !== after.sizeBytes)
    moves.push({ row, what: 'bytes', ...figures(before.sizeBytes, after.sizeBytes, whole) })
  for (const [what, time, spread] of timed) {
    const spreads = (before[spread] ?? unknownSpread) + (after[spread] ?? unknownSpread)
    const isLong = Math.max(before[time] ?? 0, after[time] ?? 0) >= leastSeconds
    if (isLong && Math.abs(share(before[time], after[time]) ?? 0) > Math.max(leastNoise, noiseFactor * spreads))
      moves.push({ row, what, ...figures(before[time], after[time], seconds) })
  }
  return moves
}

const timed = [
  ['encode CPU s', 'encodeCpuSeconds', 'encodeSpread'],
  ['decode CPU s', 'decodeCpuSeconds', 'decodeSpread'],
] as const

function figures(before: number | null, after: number | null, print: (value: number | null) => string) {
  const change = share(before, after)
  const sign = change !== null && change > 0 ? '+' : ''
  return { before: print(before), after: print(after), change: change === null ? '' : `${sign}${percent(change)}` }
}

function share(before: number | null, after: number | null): number | null {
  return before === null || after === null || before === 0 ? null : after / before - 1
}
