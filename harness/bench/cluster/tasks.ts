import { measureCluster } from './run.ts'

/** What a process can do for the bench of the cluster: it sends and asks, and starts all roles in other processes. */
export const clusterTasks = { clusterRun: measureCluster }
export type ClusterTasks = typeof clusterTasks
