/** Called with how many more spans are done. */
export type Report = (spanCount: number) => void

/** A job and its result go through JSON-like messages between processes. */
export type Task = (job: never, report: Report) => Promise<unknown>

/** The work of tasks by name. */
export type Tasks = Readonly<Record<string, Task>>

/** From parent to child. */
export interface Order {
  task: string
  job: unknown
}

/** From child to parent. */
export type Message = { spans: number } | { result: unknown } | { problem: string; stack: string }
