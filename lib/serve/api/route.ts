import type { ByteBudget, Limits } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import { encodeMessage, printMessage, type Schema } from './message.ts'
import type { Parameters } from './parameters.ts'

/** What a route is asked. */
export interface Question {
  /** Of the path: decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly parameters: Parameters
  /** All spans of the tenant. */
  readonly source: SpanSource
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

/** What was read for an answer. */
export function bytesRead({ limits }: Question): string {
  return String(limits.budget.spentBytes)
}
