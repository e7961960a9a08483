import { memorySource } from '../../../lib/model/memory-source.ts'
import type { Question } from '../../runs/query-bench-schema.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { difference } from '../serve/answer-difference.ts'
import { answerHere, answerThere, noLimit } from '../serve/answers.ts'
import { panelFigure, panelOf, traceFigures } from '../serve/part-out.ts'
import { ask, figureOf, timed } from '../serve/session.ts'
import type { ClusterJob } from './job.ts'
import type { Sent } from './sent.ts'
import type { Watch } from './watch.ts'

const hourSeconds = 3_600
/** For code to be compiled. */
const warmRounds = 2

/** How long searches, with traces by their ids, and metrics take. */
export interface Asked {
  readonly searches: Figure[]
  readonly metrics: Figure[]
}

/** How long traces by id, a panel and queries over an hour take through the frontend, when all is in blocks. */
export async function measureQueries(sent: Sent, { capture, rounds, questions }: ClusterJob): Promise<Asked> {
  const { replay, endSeconds } = sent
  const startSeconds = Math.floor(sent.endOf(1)) + 1
  const truth = memorySource(replay.traces(0))
  const [searches, metrics]: [Figure[], Figure[]] = [[], []]
  for (const question of questions) {
    const problem = await problemOf(question)
    const millis: number[] = []
    for (let round = -warmRounds; problem === undefined && round < rounds; round++) {
      const taken = await timed(() =>
        answerThere(sent.api, question, { startSeconds: endSeconds - hourSeconds, endSeconds }),
      )
      if (round >= 0) millis.push(taken)
    }
    const figures = question.kind === 'search' ? searches : metrics
    figures.push(figureOf(millis, { what: question.name, unit: 'ms', problem }))
  }
  const panel = await panelFigure(panelOf(sent), capture.name, rounds)
  return {
    searches: [...(await traceFigures(sent, capture.name)).map(unwanted), ...searches],
    metrics: [unwanted(panel), ...metrics],
  }

  /** What is wrong with the answer over the newest round, held against its traces as they were sent. */
  async function problemOf(question: Question): Promise<string | undefined> {
    const range = { startSeconds, endSeconds }
    const [here, there] = [
      await answerHere(truth, question, range, noLimit),
      await answerThere(sent.api, question, range, noLimit),
    ]
    return difference(here, there)
  }
}

/** What is wanted of one process on a machine of its own is not wanted here. */
function unwanted({ wanted: _, ...figure }: Figure): Figure {
  return figure
}

/** Asks for a rate over all that was sent, again and again, with what roles say before and after that. */
export async function askAll(sent: Sent, watch: Watch, { rounds }: ClusterJob) {
  const range = {
    start: String(Math.floor(sent.endOf(sent.roundCount)) - 1),
    end: String(sent.endSeconds),
    step: '60s',
  }
  const parameters = new URLSearchParams({ q: '{ } | rate() by (resource.service.name)', ...range })
  const queryCount = 2 * rounds
  const turn = () => ask(`${sent.api}/api/metrics/query_range?${parameters}`)
  for (let i = 0; i < warmRounds; i++) await turn()
  const before = await watch.scrape()
  for (let i = 0; i < queryCount; i++) await turn()
  return { before, after: await watch.scrape(), queryCount }
}
