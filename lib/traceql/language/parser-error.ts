import { type ErrorKind, LabError } from '../../error.ts'

/** Where in a text something occurs: offsets in UTF-16 units, `[start, end)`. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** Never returns: throws a LabError that names line and column, and carries the place as its cause. */
export function failAt(text: string, place: Place, message: string, kind: ErrorKind = 'invalid'): never {
  const { start, end } = place
  const { line, column } = lineAndColumn(text, start)
  throw new LabError(kind, `traceql at line ${line}, column ${column}: ${oneLine(message)}`, { cause: { start, end } })
}

/** A message that fits a line: control characters are blanks, and of a long one the beginning is there. */
function oneLine(message: string): string {
  const line = message.replace(/\p{Cc}/gu, ' ')
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** Both from 1; columns count code points. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: [...before[before.length - 1]!].length + 1 }
}

const shownBefore = 60
const shownColumns = 100

/**
 * Two lines for a terminal, of the text and `^` under the place of an error that `failAt` threw; undefined for any other
 * error. Of a long line the part around the place is shown. Control characters are shown as one blank each.
 */
export function caretLines(text: string, error: unknown): string | undefined {
  const place = error instanceof LabError ? error.cause : undefined
  if (!isPlace(place)) return undefined
  const { line, column } = lineAndColumn(text, place.start)
  const points = [...(text.split('\n')[line - 1] ?? '')]
  const from = Math.max(0, column - 1 - shownBefore)
  const shown = points
    .slice(from, from + shownColumns)
    .join('')
    .replace(/\p{Cc}/gu, ' ')
  const marked = [...text.slice(place.start, place.end).split('\n', 1)[0]!].length
  const room = shownColumns - (column - 1 - from)
  return `${shown}\n${' '.repeat(column - 1 - from)}${'^'.repeat(Math.max(1, Math.min(marked, room)))}`
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && 'start' in value && typeof value.start === 'number'
}
