import { withSubject } from '../error.ts'
import type { Losses } from '../formats/losses.ts'
import type { Unit } from '../model/units.ts'

/** Throws the error prefixed with the subject, or counts what is left out of a file for it. */
export function leaveOut(unit: Unit, file: string, subject: string, error: unknown, losses: Losses): void {
  losses.enter(file, subject)
  try {
    losses.bad(unit, error)
  } catch (error) {
    throw withSubject(subject, error)
  }
}
