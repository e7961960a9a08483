import { LabError, messageOf } from '../../error.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'

/** How a request ends that is not taken: by HTTP, by gRPC, and when it may be sent again. */
export interface Status {
  readonly http: number
  /** google.rpc.Code. */
  readonly code: number
  readonly message: string
  readonly retryAfterSeconds: number
}

const codes: Readonly<Record<RefusalKind, number>> = { invalid: 3, unauthenticated: 16, limited: 8, unavailable: 14 }

/** What an error means to the sender: what we refuse is as it says, what cannot be read is invalid, all else is our fault. */
export function statusOf(error: unknown): Status {
  const message = messageOf(error)
  if (error instanceof Refusal) {
    const { kind, statusCode, retryAfterSeconds } = error
    return { http: statusCode, code: codes[kind], message, retryAfterSeconds }
  }
  if (error instanceof LabError) return { http: 400, code: codes.invalid, message, retryAfterSeconds: 0 }
  const { statusCode = 500 } = (error ?? {}) as { statusCode?: number }
  return { http: statusCode, code: statusCode < 500 ? 3 : 13, message, retryAfterSeconds: 0 }
}

/** google.rpc.Status. */
export function encodeStatus({ code, message, retryAfterSeconds }: Status): Buffer {
  const wire = new WireWriter(256)
  wire.uint32(0x08, code)
  wire.text(0x12, message.toWellFormed())
  if (retryAfterSeconds > 0) {
    const detail = wire.begin(0x1a)
    wire.text(0x0a, 'type.googleapis.com/google.rpc.RetryInfo')
    const info = wire.begin(0x12)
    const delay = wire.begin(0x0a)
    wire.uint32(0x08, retryAfterSeconds)
    for (const start of [delay, info, detail]) wire.end(start)
  }
  return wire.take()
}

/** The same as JSON. */
export function printStatus({ code, message }: Status): string {
  return JSON.stringify({ code, message })
}
