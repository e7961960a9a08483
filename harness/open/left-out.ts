import type { Bad, Dropped } from '../../lib/formats/losses.ts'
import type { SkippedFile } from '../../lib/import/input.ts'
import type { Sample } from '../../lib/sampling/weights.ts'
import { plural, whole } from '../text/format.ts'
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
  /** How the spans were sampled, where they tell of it: others of their kind are not there to be found. */
  readonly sampled?: Sample | undefined
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

/** How spans were sampled that an answer is of. */
export function printSample({ spanCount, representedCount, malformedCount, contradictingCount }: Sample): string {
  const isKnown = representedCount !== spanCount
  const parts = [
    ...(isKnown ? [`${plural(spanCount, 'span')} stand for ${whole(Math.round(representedCount))}`] : []),
    ...(malformedCount > 0 ? [`th is malformed in ${plural(malformedCount, 'span')}, which count once`] : []),
    ...(contradictingCount > 0
      ? [`th contradicts the randomness of ${plural(contradictingCount, 'span')}, which count once`]
      : []),
    ...(isKnown ? ['traces that were not kept cannot be found'] : []),
  ]
  return `sampled: ${parts.join('; ')}`
}

/** The member `input` of an answer as JSON; absent where nothing was left out. */
export function leftOutJson(leftOut: LeftOut): { input?: LeftOut } {
  const { dropped, skipped, bad, sampled } = leftOut
  return dropped.length + skipped.length + bad.length === 0 && sampled === undefined ? {} : { input: leftOut }
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
