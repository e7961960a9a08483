import type { Bad, Dropped } from '../../lib/formats/losses.ts'
import type { SkippedFile } from '../../lib/import/input.ts'
import { whole } from '../text/format.ts'
import { shorten } from '../text/names.ts'
import type { TraceSource } from './source.ts'

/** What of the inputs is not in an answer. Final when the traces have been taken. */
export interface LeftOut {
  /** Fields that the model does not have. */
  readonly dropped: readonly Dropped[]
  /** Files of a folder that could not be read as traces. */
  readonly skipped: readonly SkippedFile[]
  /** Parts that are bad, left out with --skip-bad. */
  readonly bad: readonly Bad[]
}

export function leftOutOf(source: TraceSource): LeftOut {
  return { dropped: source.dropped(), skipped: source.skipped(), bad: source.bad() }
}

/** A line for the fields first dropped in one file, a line for each file skipped and each kind of part left out. */
export function printLeftOut({ dropped, skipped, bad }: LeftOut): string[] {
  const places = [...new Set(dropped.map(({ first }) => first))]
  return [
    ...places.map(place => {
      const fields = dropped
        .filter(({ first }) => first === place)
        .map(({ field, count }) => `${field} ×${whole(count)}`)
      return `dropped by the source${place === undefined ? '' : `, first in ${place}`}: ${fields.join(', ')}`
    }),
    ...skipped.map(({ path, reason }) => `skipped ${path}: ${reason}`),
    ...bad.map(({ unit, count, first }) => `left out: ${unit} ×${whole(count)}, first ${first}`),
  ]
}

/** The member `input` of an answer as JSON; absent where nothing was left out. */
export function leftOutJson({ dropped, skipped, bad }: LeftOut): { input?: LeftOut } {
  return dropped.length + skipped.length + bad.length === 0 ? {} : { input: { dropped, skipped, bad } }
}

/**
 * Reports on standard error what was left out, each line cut to the width of a terminal, and sets the exit code: 1 where a
 * file could not be read and the user did not ask to skip it.
 */
export function reportLeftOut(leftOut: LeftOut, skipsBad: boolean | undefined): void {
  const { isTTY, columns } = process.stderr
  const width = isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY
  for (const line of printLeftOut(leftOut)) process.stderr.write(`${shorten(line, width)}\n`)
  if (leftOut.skipped.length > 0 && skipsBad !== true) process.exitCode = 1
}
