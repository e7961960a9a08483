import { messageOf } from '../../../lib/error.ts'
import { killTasks, taskRunner } from '../../process/run-task.ts'
import { describeEnvironment } from '../../runs/environment.ts'
import type { Figure, ServeBench } from '../../runs/serve-bench-schema.ts'
import type { Progress } from '../../text/progress.ts'
import type { Capture, ServeJob } from './job.ts'
import type { ServeTasks } from './tasks.ts'

const runTask = taskRunner<ServeTasks>()

/** A part that does not end by then is ended, and the next one begins. */
const partMillis = 3_600_000

/** The parts by their names: what is measured, by which task, and whether for each capture or the first alone. */
export const parts = {
  in: { title: 'As fast as is answered', task: 'serveIn', isForEach: true },
  ack: { title: '20,000 spans per second, and a search per second', task: 'serveAck', isForEach: true },
  start: { title: 'Started with 256 MiB of log', task: 'serveStart', isForEach: false },
  kill: { title: 'Killed at random moments under load', task: 'serveKill', isForEach: false },
  out: { title: 'Answers over blocks', task: 'serveOut', isForEach: false },
  queries: {
    title: 'Queries over the last hour through HTTP; wanted is at most twice what `query` takes, both warm, in turn',
    task: 'serveQueries',
    isForEach: false,
  },
} as const
export type PartName = keyof typeof parts
export const partNames = Object.keys(parts) as PartName[]

export interface ServeBenchOptions extends Omit<ServeJob, 'capture'> {
  readonly only: readonly PartName[]
  readonly captures: readonly Capture[]
  readonly progress: Progress
}

/** Measures the parts one after another, each with a server of its own for each capture. */
export async function measureServe({ only, captures, progress, ...job }: ServeBenchOptions): Promise<ServeBench> {
  const measured = []
  for (const name of only) {
    const { title, task, isForEach } = parts[name]
    const figures: Figure[] = []
    for (const capture of isForEach ? captures : captures.slice(0, 1)) {
      const stage = progress.stage(`${name} ${capture.name}`)
      const late = setTimeout(killTasks, partMillis)
      try {
        figures.push(...(await runTask(task, { ...job, capture }, spans => stage.advance(spans))))
      } catch (error) {
        figures.push({ what: capture.name, unit: '', value: null, problem: messageOf(error) })
      }
      clearTimeout(late)
      stage.end()
    }
    measured.push({ title, figures })
  }
  const { seed, seconds, rounds, kills, spans } = job
  return {
    kind: 'serve',
    input: { name: 'store', source: captures.map(({ name }) => name).join(', ') },
    environment: { ...describeEnvironment({ lanes: 1, zstdLevel: 3 }), rounds },
    job: { seed, seconds, rounds, kills, spans },
    parts: measured,
  }
}

/** What was not right, a line each. */
export function problemsOf(bench: ServeBench): string[] {
  const figures = bench.parts.flatMap(({ figures }) => figures)
  return figures.flatMap(({ what, problem }) => (problem === undefined ? [] : [`${what}: ${problem}`]))
}
