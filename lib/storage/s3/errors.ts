import { LabError, messageOf } from '../../error.ts'

/** What the client throws: an answer of the store with its code, or what became of the connection. */
interface Failure {
  readonly name?: string
  readonly code?: unknown
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const failureOf = (error: unknown): Failure => (error ?? {}) as Failure

/** The status of an answer; undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  return failureOf(error).$metadata?.httpStatusCode
}

/** The code of an answer, as `NoSuchKey`. */
export function codeOf(error: unknown): string {
  return failureOf(error).name ?? ''
}

const passingStatuses = new Set([429, 500, 502, 503, 504])
const passingCodes = new Set([
  ...['ConditionalRequestConflict', 'InternalError', 'OperationAborted', 'RequestTimeout', 'SlowDown', 'TimeoutError'],
  // The client has taken the difference from the answer: the next request bears the store's time.
  'RequestTimeTooSkewed',
])
const passingConnections = new Set([
  ...['EAI_AGAIN', 'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT'],
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** True where the same request may be answered later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof LabError) return error.kind === 'truncated'
  return (
    passingStatuses.has(statusOf(error) ?? 0) ||
    passingCodes.has(codeOf(error)) ||
    passingConnections.has(String(failureOf(error).code))
  )
}

const checkKeys = 'check the access key and the secret key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)'
const setRegion = "set the bucket's region (AWS_REGION)"
const setEndpoint = 'check the endpoint (AWS_ENDPOINT_URL)'

/** What to do about an answer, by its code, or about a connection. */
const advice: Readonly<Record<string, string>> = {
  NoSuchBucket: 'no such bucket: create it, or correct its name',
  NoSuchKey: 'no such object',
  NotFound: 'no such object',
  InvalidBucketName: 'the store takes no such name for a bucket',
  InvalidAccessKeyId: `the store does not know the access key: ${checkKeys}`,
  SignatureDoesNotMatch: `the secret key is not that of the access key: ${checkKeys}`,
  AccessDenied: 'access denied: the key may not do this; give it rights to get, put, list and delete in the bucket',
  Forbidden: 'access denied: the key may not do this; give it rights to get, put, list and delete in the bucket',
  ExpiredToken: 'the session token has expired: get a new one (AWS_SESSION_TOKEN)',
  CredentialsProviderError: 'no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  PermanentRedirect: `the bucket is in another region: ${setRegion}`,
  AuthorizationHeaderMalformed: `the bucket is in another region: ${setRegion}`,
  IllegalLocationConstraintException: `the bucket is in another region: ${setRegion}`,
  RequestTimeTooSkewed: "the clock of this machine and the store's differ too much: set the one that is wrong",
  SlowDown: 'the store asks for fewer requests and goes on doing so: try again later',
  NotImplemented: 'the store does not do this',
  TimeoutError: `no answer in time: ${setEndpoint}, or try again later`,
  ECONNREFUSED: `nothing listens there: ${setEndpoint}`,
  ENOTFOUND: `no such host: ${setEndpoint}; a bucket as part of the host's name needs a name server that knows it, otherwise use path style`,
  EAI_AGAIN: `the name server does not answer: ${setEndpoint}`,
  ECONNRESET: 'the connection broke off',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke off',
}

/** What went wrong in a request about `subject`, as one line that says what to do. */
export function explain(subject: string, error: unknown): LabError {
  if (error instanceof LabError) return new LabError(error.kind, `${subject}: ${error.message}`, { cause: error.cause })
  const code = codeOf(error)
  const kind = /^(?:NoSuch(?:Key|Bucket)|NotFound)$/.test(code) ? 'missing' : 'invalid'
  // What the client throws holds the connection, and can be sent to no other thread.
  const cause = Object.assign(new Error(failureOf(error).message), { name: code })
  return new LabError(kind, `${subject}: ${reasonOf(error, code)}`, { cause })
}

function reasonOf(error: unknown, code: string): string {
  const { code: system, message } = failureOf(error)
  const status = statusOf(error)
  const known = advice[code] ?? (status === 403 ? advice.Forbidden : advice[String(system)])
  const answer = status === undefined ? '' : ` (the store answers ${status}${code === '' ? '' : ` ${code}`})`
  if (known !== undefined) return known + answer
  if (message === 'Region is missing') return `no region: ${setRegion}`
  // The client has no other words for an answer that is no error of S3's.
  return status === undefined ? messageOf(error) : `the request failed${answer}`
}
