/** Why a request is not taken, so that the sender knows whether to send it again. */
export type RefusalKind = 'invalid' | 'unauthenticated' | 'limited' | 'unavailable'

const statusCodes: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  limited: 429,
  unavailable: 503,
}

/** A request that is refused: `invalid` ones for good, the others may be sent again after a while. */
export class Refusal extends Error {
  readonly kind: RefusalKind
  readonly retryAfterSeconds: number
  /** Of HTTP. */
  readonly statusCode: number

  constructor(kind: RefusalKind, message: string, { retryAfterSeconds = 0, ...options }: RefusalOptions = {}) {
    super(message, options)
    this.name = 'Refusal'
    this.kind = kind
    this.statusCode = statusCodes[kind]
    this.retryAfterSeconds = retryAfterSeconds
  }
}

interface RefusalOptions extends ErrorOptions {
  readonly retryAfterSeconds?: number
}
