import { setTimeout as sleep } from 'node:timers/promises'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ServeJob } from './job.ts'
import { batchSpans, type Sending } from './replay.ts'
import { Server } from './server.ts'
import { ask, countSpans, latencyFigures, loadOf, problemOfCount, timed } from './session.ts'
import { idIn, spanIdOf } from './span-number.ts'

const spansPerSecond = 20_000
/** Before it is asked again for what was not found. */
const pauseMillis = 20
/** What is searched for, in turn, over the last hour. */
const searches = [
  '{ status = error }',
  '{ duration > 100ms }',
  '{ kind = server && name =~ ".*Get.*" }',
  '{ } >> { status = error }',
]

/** Latency of acknowledgements at a steady rate beside searches, and how soon spans are found. */
export async function measureAck(job: ServeJob, report: Report): Promise<Figure[]> {
  const { replay, load } = await loadOf(job.capture, job.seed)
  return inWorkFolder(async folder => {
    const server = await Server.start(job.program, `${folder}/data`)
    load.urls = [server.otlp]
    const sinceMillis = Date.now()
    let newest: Sending | undefined
    const acknowledged = (sending: Sending) => {
      newest = sending
      report(sending.spanCount)
    }
    await load.open(spansPerSecond, Math.min(5, job.seconds), acknowledged)
    const sending = (seconds: number) => load.open(spansPerSecond, seconds, acknowledged)
    const [millis, asked] = await beside(sending(job.seconds * job.rounds), turn =>
      timed(() => search(server.api, searches[turn % searches.length]!)),
    )
    // Apart, since it searches too.
    const [, found] = await beside(sending(job.seconds), () => timed(() => untilFound(server.api, newest!)))
    const problem = problemOfCount(await countSpans(server.api, replay, sinceMillis), load)
    await server.end('SIGTERM')
    load.close()
    const { name } = job.capture
    return [
      ...latencyFigures(`${name}: acknowledgement`, millis, problem, 100),
      ...latencyFigures(`${name}: from the acknowledgement until found`, found, problem, 1_000),
      ...latencyFigures(`${name}: the searches`, asked, problem),
    ]
  })
}

/** What sending gives, and how long each work took that was begun once a second meanwhile. */
export async function beside(
  sending: Promise<number[]>,
  work: (turn: number) => Promise<number>,
): Promise<[number[], number[]]> {
  let isOver = false
  const sent = sending.finally(() => {
    isOver = true
  })
  const millis: number[] = []
  while (!isOver) {
    const start = performance.now()
    millis.push(await work(millis.length))
    await Promise.race([sent, sleep(Math.max(0, 1_000 - (performance.now() - start)))])
  }
  return [await sent, millis]
}

async function search(api: string, query: string): Promise<readonly unknown[]> {
  const end = Math.ceil(Date.now() / 1e3) + 1
  const parameters = new URLSearchParams({ q: query, start: String(end - 3_600), end: String(end) })
  return (await ask<{ traces?: unknown[] }>(`${api}/api/search?${parameters}`)).traces ?? []
}

/** Asks for the first span of a request until it is found. */
async function untilFound(api: string, { round, index }: Sending): Promise<void> {
  const query = `{ span:id = "${idIn(round, spanIdOf(index * batchSpans))}" }`
  const limitMillis = performance.now() + 10_000
  while ((await search(api, query)).length === 0)
    if (performance.now() < limitMillis) await sleep(pauseMillis)
    else throw new Error(`${query}: not found within 10 s of its acknowledgement`)
}
