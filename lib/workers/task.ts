import type { Parcel } from './message.ts'

/**
 * What jobs share. Each worker is given the content once, and may ask for more as long as a job of it refers to this;
 * it forgets the content when nothing here can refer to it any more.
 */
export interface Shared<Content = unknown, Question = never, Answer = unknown> {
  readonly content: Content
  answer?(question: Question): Promise<Parcel<Answer>>
}

/** The same in a worker: one object until it is forgotten, so that what is made of it can be kept with it. */
export interface Received<Content = unknown, Question = never, Answer = unknown> {
  readonly content: Content
  /** Asks the main thread. */
  ask(question: Question): Promise<Answer>
}

type ReceivedOf<Share> =
  Share extends Shared<infer Content, infer Question, infer Answer> ? Received<Content, Question, Answer> : never

/** Work that a worker does, by its name in lib/worker.ts. */
export interface Task<Input, Shares extends readonly Shared[], Result> {
  readonly name: string
  /** Only for its type. */
  readonly work?: (input: Input, ...shares: { [I in keyof Shares]: ReceivedOf<Shares[I]> }) => Promise<Parcel<Result>>
}

export type WorkOf<T extends Task<never, never, unknown>> = NonNullable<T['work']>

/** The work of any task. */
export type AnyWork = (input: never, ...shares: Received[]) => Promise<Parcel<unknown>>
