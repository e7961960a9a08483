import { queryTasks } from './bench/queries/tasks.ts'
import { labTasks } from './lab/tasks.ts'
import type { Tasks } from './process/task.ts'

/** Everything that a process of the harness can be asked to do, by name. */
export const tasks: Tasks = { ...labTasks, ...queryTasks }
