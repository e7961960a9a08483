import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure, ServeJob } from './figure.ts'
import type { Replay } from './replay.ts'
import { Server } from './server.ts'
import { ask, figureOf, latencyFigures, loadOf, type Series, sumOf, timed } from './session.ts'

const concurrency = 8
const lookups = 200
const stepSeconds = 15
const hourSeconds = 3_600

/** How fast a server answers that has many spans in blocks, round after round of the capture end to end. */
export async function measureOut(job: ServeJob, report: Report): Promise<Figure[]> {
  const endSeconds = Math.floor(Date.now() / 1e3 / stepSeconds) * stepSeconds
  const roundsOf = ({ spanCount }: Replay) => Math.ceil(job.spans / spanCount)
  // The last round ends now.
  const { replay, load } = await loadOf(
    job.capture,
    job.seed,
    (round, own) => BigInt(endSeconds) * 1_000_000_000n - BigInt(roundsOf(own) - 1 - round) * own.lengthNanos,
  )
  const roundCount = roundsOf(replay)
  return inWorkFolder(async folder => {
    const filling = await Server.start(job.program, `${folder}/data`)
    load.url = filling.otlp
    for (let left = roundCount * replay.requestCount; left > 0; ) {
      const before = load.acknowledgedSpans
      const batch = Math.min(left, replay.requestCount)
      await load.sendMany(concurrency, batch)
      left -= batch
      report(load.acknowledgedSpans - before)
    }
    await filling.end('SIGTERM')
    load.close()
    const server = await Server.start(job.program, `${folder}/data`)
    const figures = [
      { what: `${job.capture.name}: spans`, unit: '', value: load.acknowledgedSpans },
      ...(await traceFigures(server.api, job.capture.name, replay, roundCount)),
      await panelFigure(server.api, job, replay, { endSeconds, roundCount }),
    ]
    await server.end('SIGTERM')
    return figures
  })
}

interface FoundTrace {
  readonly trace?: { readonly resourceSpans: readonly { readonly scopeSpans: readonly { spans: unknown[] }[] }[] }
}

async function traceFigures(api: string, name: string, replay: Replay, roundCount: number): Promise<Figure[]> {
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
    const scopes = found.trace?.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans) ?? []
    const foundCount = scopes.reduce((sum, { spans }) => sum + spans.length, 0)
    if (foundCount !== spanCount) wrong ??= `trace ${id}: sent ${spanCount} spans, found ${foundCount}`
    if (i >= lookups) millis.push(taken)
  }
  return latencyFigures(`${name}: trace by id`, millis, wrong, 30)
}

/** The rate by service over the last hour, as Grafana's panel asks for it. */
async function panelFigure(
  api: string,
  { capture, rounds }: ServeJob,
  replay: Replay,
  { endSeconds, roundCount }: { readonly endSeconds: number; readonly roundCount: number },
): Promise<Figure> {
  const startSeconds = endSeconds - hourSeconds
  const range = { start: String(startSeconds), end: String(endSeconds), step: `${stepSeconds}s` }
  const parameters = new URLSearchParams({ q: '{ } | rate() by (resource.service.name)', ...range })
  let expected = 0
  const [start, end] = [startSeconds, endSeconds].map(seconds => BigInt(seconds) * 1_000_000_000n)
  for (let round = 0; round < roundCount; round++) expected += replay.countStarts(round, start!, end!)
  const millis: number[] = []
  let found = 0
  for (let turn = -3; turn < 5 * rounds; turn++) {
    const taken = await timed(async () => {
      found = Math.round(sumOf(await ask<Series>(`${api}/api/metrics/query_range?${parameters}`)) * stepSeconds)
    })
    if (turn >= 0) millis.push(taken)
  }
  const problem = found === expected ? undefined : `sent ${expected} spans, found ${found}`
  return figureOf(millis, {
    what: `${capture.name}: rate by service over 1 h, step 15 s`,
    unit: 'ms',
    wanted: ['≤', 150],
    problem,
  })
}
