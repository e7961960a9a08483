import { systemReason } from './system-reasons.ts'

/** What went wrong, in the ways that a caller may want to tell apart; `usage` is a wrong call of the command. */
export type ErrorKind = 'truncated' | 'corrupt' | 'unsupported' | 'invalid' | 'missing' | 'limit' | 'usage'

/**
 * The one error class of the lab. The message is one line that names the subject (a file, a section of it), the place
 * and what was wrong, with both numbers where there are two: `blockpack footer: needs 812 bytes, file has 640`.
 */
export class LabError extends Error {
  readonly kind: ErrorKind

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LabError'
    this.kind = kind
  }
}

/** The same error with its subject in front: `traces.json: byte 812: …`. Errors that are not ours pass unchanged. */
export function withSubject(subject: string, error: unknown): unknown {
  return error instanceof LabError
    ? new LabError(error.kind, `${subject}: ${error.message}`, { cause: error.cause })
    : error
}

/** What `run` gives, now or later; its errors get the subject in front. */
export function naming<T>(subject: string, run: () => T): T {
  const fail = (error: unknown): never => {
    throw withSubject(subject, error)
  }
  try {
    const result = run()
    return result instanceof Promise ? (result.catch(fail) as T) : result
  } catch (error) {
    return fail(error)
  }
}

/** What the system reported about a file, as ours: the path, and the reason in words. Errors that are ours pass unchanged. */
export function systemError(path: string, error: unknown): unknown {
  const reason = systemReason(error)
  return reason === undefined ? error : new LabError('missing', `${path}: ${reason}`, { cause: error })
}

/** One line that says what went wrong, whatever was thrown. */
export function messageOf(error: unknown): string {
  type Reported = { path?: string; syscall?: string; address?: string; port?: number }
  const { path, syscall, address, port } = (error ?? {}) as Reported
  const reason = systemReason(error)
  if (reason !== undefined) return `${path ?? (port === undefined ? syscall : `${address}:${port}`)}: ${reason}`
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!
}

/** At most 40 characters of a word, for a message. */
export function clip(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word
}
