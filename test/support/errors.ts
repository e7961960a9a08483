import { LabError } from '../../lib/error.ts'

/** The lab's error that `run` ends in; anything else fails the test. */
export function labError(run: () => unknown): LabError {
  try {
    run()
  } catch (error) {
    return expectLabError(error)
  }
  throw new Error('no error was thrown')
}

/** The same for a promise. */
export async function labRejection(promise: Promise<unknown>): Promise<LabError> {
  return expectLabError(
    await promise.then(
      () => new Error('no error was thrown'),
      error => error,
    ),
  )
}

function expectLabError(error: unknown): LabError {
  if (error instanceof LabError) return error
  throw error
}
