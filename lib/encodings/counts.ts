import { LabError } from '../error.ts'

/** No column holds more values: this keeps a count without bytes behind it from taking all memory. */
const maxValueCount = 2 ** 28

/** The count of a column's values, refused where no column can have it. */
export function checkValueCount(count: number, subject: string): number {
  if (!(Number.isInteger(count) && count >= 0 && count <= maxValueCount))
    throw new LabError('corrupt', `${subject}: ${count} values, at most ${maxValueCount} are read`)
  return count
}

/** Throws with what is wrong in a column, which it names. */
export type Fail = (message: string) => never

export function sumOf(counts: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += counts[i]!
  return sum
}

/** Fails unless two parts of a column agree. */
export function checkEqual(subject: string, what: string, expected: number, actual: number): void {
  if (expected !== actual) throw new LabError('corrupt', `${subject}: expected ${expected} ${what}, found ${actual}`)
}
