/** Called with how many more spans are done. */
export type Report = (spanCount: number) => void

/** The work of tasks by name. A job and its result go through JSON-like messages between processes. */
export type Tasks = Readonly<Record<string, (job: never, report: Report) => Promise<unknown>>>

/** From parent to child. */
export interface Order {
  task: string
  job: unknown
}

/** From child to parent. */
export type Message = { spans: number } | { result: unknown } | { problem: string; stack: string }
