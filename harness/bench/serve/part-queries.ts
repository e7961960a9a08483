import { medianOf } from '../../../lib/median.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { WorkerPool } from '../../../lib/workers/pool.ts'
import { withSearchSource } from '../../open/search-source.ts'
import type { Report } from '../../process/task.ts'
import type { Question } from '../../runs/query-bench-schema.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { difference } from './answer-difference.ts'
import { answerHere, answerThere, noLimit, type Range } from './answers.ts'
import { type Filled, withFilled } from './filled.ts'
import type { ServeJob } from './job.ts'
import { figureOf, timed } from './session.ts'

const hourSeconds = 3_600
/** Rounds for code to be compiled. */
const warmRounds = 5

/**
 * How long queries over the last hour take through HTTP, and in this process as `query` asks the same blocks, in turn:
 * both are warm. What HTTP answers over the last round is held against the traces as they were sent.
 */
export function measureQueries(job: ServeJob, report: Report): Promise<Figure[]> {
  return withFilled(job, report, filled =>
    withSearchSource([filled.blocks], async ({ source, workers }) => {
      const { replay, roundCount, endSeconds } = filled
      const hour = { startSeconds: endSeconds - hourSeconds, endSeconds }
      const startNanos = BigInt(endSeconds) * 1_000_000_000n - replay.lengthNanos
      const lastRound = { startSeconds: Number(startNanos / 1_000_000_000n) + 1, endSeconds }
      const truth = memorySource(replay.traces(roundCount - 1))
      const compared: Compared[] = []
      for (const question of job.questions) {
        const here = await answerHere(truth, question, lastRound, noLimit)
        const there = await answerThere(filled.server.api, question, lastRound, noLimit)
        const problem = difference(here, there)
        compared.push({
          question,
          problem,
          ...(await compare(filled, { source, workers }, question, hour, job.rounds)),
        })
      }
      return figuresOf(compared)
    }),
  )
}

interface Times {
  readonly there: readonly number[]
  readonly here: readonly number[]
  /** CPU seconds of the server, and of this process. */
  readonly cpuThere: number
  readonly cpuHere: number
}

interface Compared extends Times {
  readonly question: Question
  readonly problem: string | undefined
}

async function compare(
  filled: Filled,
  { source, workers }: { readonly source: SpanSource; readonly workers: WorkerPool },
  question: Question,
  range: Range,
  rounds: number,
): Promise<Times> {
  const [there, here]: [number[], number[]] = [[], []]
  let [cpuThere, cpuHere] = [0, 0]
  for (let round = -warmRounds; round < 3 * rounds; round++) {
    const before = await filled.server.cpuSeconds()
    const millisThere = await timed(() => answerThere(filled.server.api, question, range))
    const between = await filled.server.cpuSeconds()
    const cpu = process.cpuUsage()
    const millisHere = await timed(() => answerHere(source, question, range, undefined, workers))
    const { user, system } = process.cpuUsage(cpu)
    if (round < 0) continue
    there.push(millisThere)
    here.push(millisHere)
    cpuThere += between - before
    cpuHere += (user + system) / 1e6
  }
  return { there, here, cpuThere, cpuHere }
}

function figuresOf(compared: readonly Compared[]): Figure[] {
  const ratios = compared.map(({ there, here }) => medianOf(there) / medianOf(here))
  const sum = (key: 'cpuThere' | 'cpuHere') => compared.reduce((total, own) => total + own[key], 0)
  const problem = compared.find(own => own.problem !== undefined)?.problem
  return [
    ...compared.map(({ question, there, here, problem }) =>
      figureOf(there, { what: question.name, unit: 'ms', wanted: ['≤', 2 * medianOf(here)], problem }),
    ),
    figureOf([Math.max(...ratios)], {
      what: 'the slowest beside `query`',
      unit: 'times its time',
      wanted: ['≤', 2],
      problem,
    }),
    figureOf([sum('cpuThere') / sum('cpuHere')], {
      what: 'CPU of the server for all, beside that of `query`',
      unit: 'times',
      wanted: ['≤', 2],
      problem,
    }),
  ]
}
