import type { Transferable } from 'node:worker_threads'
import { type ErrorKind, LabError } from '../error.ts'

/** What goes between the main thread and a worker. Bytes are transferred, all else is copied. */

/** Something that threads send each other, and the buffers in it that change hands. */
export interface Parcel<T> {
  readonly value: T
  readonly transfer?: readonly Transferable[] | undefined
}

/**
 * A copy of data whose typed arrays have buffers of their own, which change hands: to send an array that is part of a
 * buffer would send all of it.
 */
export function parcelOf<T>(data: T): Parcel<T> {
  const transfer: ArrayBuffer[] = []
  return { value: owned(data, transfer) as T, transfer }
}

function owned(data: unknown, buffers: ArrayBuffer[]): unknown {
  if (!isObject(data) || data instanceof Map) return data
  if (ArrayBuffer.isView(data)) {
    const own = copyOf(data)
    buffers.push(own.buffer as ArrayBuffer)
    return own
  }
  if (Array.isArray(data)) return data.some(isObject) ? data.map(item => owned(item, buffers)) : data
  return Object.fromEntries(Object.entries(data).map(([name, item]) => [name, owned(item, buffers)]))
}

function copyOf(view: ArrayBufferView): Uint8Array | Uint32Array | Float64Array {
  if (view instanceof Float64Array) return new Float64Array(view)
  return view instanceof Uint32Array ? new Uint32Array(view) : new Uint8Array(view as Uint8Array)
}

function isObject(data: unknown): data is object {
  return typeof data === 'object' && data !== null
}

/** From the main thread: work, what jobs refer to, answers to questions about that, and what is not needed any more. */
export type Order =
  | { readonly job: number; readonly task: string; readonly input: unknown; readonly shares: readonly number[] }
  | { readonly share: number; readonly content: unknown }
  | { readonly answers: readonly Answered[] }
  | { readonly forget: number }

/** From a worker: how a job has ended, or questions about what is shared. To send a message costs more than what it says. */
export type Reply = { readonly job: number; readonly outcome: Outcome } | { readonly questions: readonly Question[] }

export interface Question {
  readonly number: number
  readonly share: number
  readonly content: unknown
}

export interface Answered {
  readonly question: number
  readonly outcome: Outcome
}

export type Outcome = { readonly value: unknown } | { readonly problem: Problem }

/** An error as data. */
interface Problem {
  /** Of ours. */
  readonly kind?: ErrorKind
  readonly message: string
  readonly stack: string | undefined
}

export function problemOf(error: unknown): Problem {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return error instanceof LabError ? { kind: error.kind, message, stack } : { message, stack }
}

/** The value of an outcome; what was thrown in the other thread is thrown here, with its kind, its place and its stack. */
export function resultOf(outcome: Outcome): unknown {
  if ('value' in outcome) return outcome.value
  const { kind, message, stack } = outcome.problem
  const error = kind === undefined ? new Error(message) : new LabError(kind, message)
  if (stack !== undefined) error.stack = stack
  throw error
}
