import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { type Filled, withFilled } from './filled.ts'
import type { ServeJob } from './job.ts'
import { ask, figureOf, latencyFigures, type Series, sumOf, timed } from './session.ts'

const lookups = 200
const panelStepSeconds = 15
const hourSeconds = 3_600

/** How fast a server answers that has many spans in blocks: a panel first after its start, then all again and again. */
export function measureOut(job: ServeJob, report: Report): Promise<Figure[]> {
  return withFilled(job, report, async filled => {
    const { name } = job.capture
    const asked = { ...filled, api: filled.server.api }
    const panel = panelOf(asked)
    const first = await panel.ask()
    return [
      { what: `${name}: spans`, unit: '', value: filled.spanCount },
      figureOf([first], {
        what: `${name}: the first question after a start, that panel`,
        unit: 'ms',
        problem: panel.problem,
      }),
      ...(await traceFigures(asked, name)),
      await panelFigure(panel, name, job.rounds),
    ]
  })
}

/** What is asked, and what it has. */
export type Asked = Pick<Filled, 'replay' | 'roundCount' | 'endSeconds'> & { readonly api: string }

interface FoundTrace {
  readonly trace?: { readonly resourceSpans?: readonly { readonly scopeSpans: readonly { spans: unknown[] }[] }[] }
}

/** How long traces by their ids take, of all rounds. */
export async function traceFigures({ api, replay, roundCount }: Asked, name: string): Promise<Figure[]> {
  const millis: number[] = []
  let wrong: string | undefined
  // Those of the first half are for code to be compiled.
  for (let i = 0; i < 2 * lookups; i++) {
    const traces = [...replay.tracesOf(Math.floor((i * roundCount) / (2 * lookups)))]
    const [id, spanCount] = traces[(i * 7_919) % traces.length]!
    let found: FoundTrace = {}
    const taken = await timed(async () => {
      found = await ask<FoundTrace>(`${api}/api/v2/traces/${id}`)
    })
    const scopes = found.trace?.resourceSpans?.flatMap(({ scopeSpans }) => scopeSpans) ?? []
    const foundCount = scopes.reduce((sum, { spans }) => sum + spans.length, 0)
    if (foundCount !== spanCount) wrong ??= `trace ${id}: sent ${spanCount} spans, found ${foundCount}`
    if (i >= lookups) millis.push(taken)
  }
  return latencyFigures(`${name}: trace by id`, millis, wrong, 30)
}

export interface Panel {
  /** Asks, and gives the milliseconds. */
  ask(): Promise<number>
  /** What is wrong with the last answer. */
  problem: string | undefined
}

/** The rate by service over the last hour, as Grafana's panel asks for it. */
export function panelOf({ api, replay, endSeconds, roundCount }: Asked): Panel {
  const startSeconds = endSeconds - hourSeconds
  const range = { start: String(startSeconds), end: String(endSeconds), step: `${panelStepSeconds}s` }
  const parameters = new URLSearchParams({ q: '{ } | rate() by (resource.service.name)', ...range })
  let expected = 0
  const [start, end] = [startSeconds, endSeconds].map(seconds => BigInt(seconds) * 1_000_000_000n)
  for (let round = 0; round < roundCount; round++) expected += replay.countStarts(round, start!, end!)
  const panel: Panel = {
    problem: undefined,
    ask: () =>
      timed(async () => {
        const rates = sumOf(await ask<Series>(`${api}/api/metrics/query_range?${parameters}`))
        const found = Math.round(rates * panelStepSeconds)
        panel.problem = found === expected ? undefined : `sent ${expected} spans, found ${found}`
      }),
  }
  return panel
}

/** How long it takes when it is asked again and again. */
export async function panelFigure(panel: Panel, name: string, rounds: number): Promise<Figure> {
  const millis: number[] = []
  for (let turn = -3; turn < 5 * rounds; turn++) {
    const taken = await panel.ask()
    if (turn >= 0) millis.push(taken)
  }
  return figureOf(millis, {
    what: `${name}: rate by service over 1 h, step 15 s`,
    unit: 'ms',
    wanted: ['≤', 150],
    problem: panel.problem,
  })
}
