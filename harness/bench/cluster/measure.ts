import { messageOf } from '../../../lib/error.ts'
import type { BlockFormat } from '../../../lib/serve/blocks/meta.ts'
import { killTasks, taskRunner } from '../../process/run-task.ts'
import type { ClusterBench, ClusterRun } from '../../runs/cluster-bench-schema.ts'
import { describeEnvironment } from '../../runs/environment.ts'
import type { Progress } from '../../text/progress.ts'
import type { ClusterJob } from './job.ts'
import type { ClusterTasks } from './tasks.ts'

const runTask = taskRunner<ClusterTasks>()

/** A run that does not end by then is ended. */
const runMillis = 1_800_000

export interface ClusterBenchOptions extends Omit<ClusterJob, 'format'> {
  readonly formats: readonly BlockFormat[]
  readonly progress: Progress
}

/** Measures one cluster after another, one for each format of blocks. */
export async function measureClusters({ formats, progress, ...options }: ClusterBenchOptions): Promise<ClusterBench> {
  const runs: ClusterRun[] = []
  const problems: string[] = []
  for (const format of formats) {
    const stage = progress.stage(format)
    const late = setTimeout(killTasks, runMillis)
    try {
      runs.push(await runTask('clusterRun', { ...options, format }, spans => stage.advance(spans)))
    } catch (error) {
      problems.push(`${format}: ${messageOf(error)}`)
    }
    clearTimeout(late)
    stage.end()
  }
  const { seed, seconds, rounds, spansPerSecond, brokers, counts, cycleSeconds } = options
  return {
    kind: 'cluster',
    input: { name: 'cluster', source: options.capture.name },
    environment: { ...describeEnvironment({ lanes: 1, zstdLevel: 3 }), rounds },
    job: { seed, seconds, rounds, spansPerSecond, brokers, counts, cycleSeconds },
    runs,
    problems,
  }
}

/** What was not right, a line each. */
export function problemsOf({ runs, problems }: ClusterBench): string[] {
  const figures = runs.flatMap(({ format, sections }) =>
    sections.flatMap(({ figures }) => figures.map(figure => ({ format, ...figure }))),
  )
  const wrong = figures.flatMap(({ format, what, problem }) => (problem ? [`${format}: ${what}: ${problem}`] : []))
  return [...problems, ...wrong]
}
