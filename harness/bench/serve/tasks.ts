import { measureAck } from './part-ack.ts'
import { measureIn } from './part-in.ts'
import { measureKill } from './part-kill.ts'
import { measureOut } from './part-out.ts'
import { measureQueries } from './part-queries.ts'
import { measureStart } from './part-start.ts'

/** What a process can do for the bench of the store: it sends, and starts the server in another process. */
export const serveTasks = {
  serveIn: measureIn,
  serveAck: measureAck,
  serveStart: measureStart,
  serveKill: measureKill,
  serveOut: measureOut,
  serveQueries: measureQueries,
}
export type ServeTasks = typeof serveTasks
