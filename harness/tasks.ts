import type { Task } from './process/task.ts'

/** What a process of the harness is asked to do, by its name; the code of others is not loaded. */
export async function taskNamed(name: string): Promise<Task> {
  const { labTasks } = await import('./lab/tasks.ts')
  if (name in labTasks) return labTasks[name as keyof typeof labTasks] as Task
  const { serveTasks } = await import('./bench/serve/tasks.ts')
  if (name in serveTasks) return serveTasks[name as keyof typeof serveTasks] as Task
  const { clusterTasks } = await import('./bench/cluster/tasks.ts')
  if (name in clusterTasks) return clusterTasks[name as keyof typeof clusterTasks] as Task
  const { queryTasks } = await import('./bench/queries/tasks.ts')
  return queryTasks[name as keyof typeof queryTasks] as Task
}
