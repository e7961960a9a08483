import type { ByteBudget, Limits } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import type { KnownCells } from '../../traceql/metrics/known-cells.ts'
import { encodeMessage, one, printMessage, type Schema } from './message.ts'
import type { Parameters } from './parameters.ts'

/** What a route is asked. */
export interface Question {
  /** Of the path: decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly parameters: Parameters
  /** All spans of the tenant. */
  readonly source: SpanSource
  readonly knownCells: KnownCells
  readonly limits: Limits & { readonly budget: ByteBudget }
}

/** An answer in the form that the client accepts. */
export interface Answer {
  json(): string
  protobuf(): Uint8Array
}

/** One call of Tempo's API. Errors are those of lib/error.ts. */
export interface Route {
  /** With `:name` for a part that differs. */
  readonly path: string
  answer(question: Question): Promise<Answer>
}

/** A message in either form. */
export function message(schema: Schema, value: object): Answer {
  return { json: () => printMessage(schema, value), protobuf: () => encodeMessage(schema, value) }
}

/** Tempo's `PartialStatus`. */
const partial = { json: 'PARTIAL', protobuf: 1 }
const statusFields = { status: one(3, 'text'), message: one(4, 'text') }

/**
 * The answer to a question that says what is missing in it, where something is: in JSON as `status` and `message`, in
 * protobuf where Tempo's message has such fields.
 */
export function answerMessage(schema: Schema, value: object, { source }: Question, reason?: string): Answer {
  const reasons = [reason, source.missing].filter(one => one !== undefined)
  if (reasons.length === 0) return message(schema, value)
  const told = { ...value, message: reasons.join('; ') }
  const named = [...new Map([...schema.named, ...Object.entries(statusFields)])]
  return {
    json: () => printMessage({ ...schema, named }, { ...told, status: partial.json }),
    protobuf: () => encodeMessage(schema, { ...told, status: partial.protobuf }),
  }
}

/** What was read for an answer. */
export function bytesRead({ limits }: Question): string {
  return String(limits.budget.spentBytes)
}
