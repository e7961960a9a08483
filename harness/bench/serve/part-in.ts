import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ServeJob } from './job.ts'
import { Server } from './server.ts'
import { countSpans, figureOf, loadOf, problemOfCount } from './session.ts'

/** Requests under way at a time, when it is sent as fast as is answered. */
const concurrency = 8

/** How many spans per second are acknowledged, and what they cost the server. */
export async function measureIn(job: ServeJob, report: Report): Promise<Figure[]> {
  const { replay, load } = await loadOf(job.capture, job.seed)
  return inWorkFolder(async folder => {
    const server = await Server.start(job.program, `${folder}/data`)
    load.urls = [server.otlp]
    const sinceMillis = Date.now()
    const [rates, perCpuSecond, own]: [number[], number[], number[]] = [[], [], []]
    // The first round is for code to be compiled.
    for (let round = -1; round < job.rounds; round++) {
      const [before, cpuBefore, ownBefore] = [load.acknowledgedSpans, await server.cpuSeconds(), process.cpuUsage()]
      const start = performance.now()
      const isOver = () => performance.now() - start >= job.seconds * 1e3
      await load.closed(concurrency, isOver)
      const seconds = (performance.now() - start) / 1e3
      const spanCount = load.acknowledgedSpans - before
      report(spanCount)
      if (round < 0) continue
      const { user, system } = process.cpuUsage(ownBefore)
      rates.push(spanCount / seconds)
      perCpuSecond.push(spanCount / ((await server.cpuSeconds()) - cpuBefore))
      own.push((user + system) / 1e4 / seconds)
    }
    const problem = problemOfCount(await countSpans(server.api, replay, sinceMillis), load)
    const peak = server.peakBytes()
    await server.end('SIGTERM')
    load.close()
    const { name } = job.capture
    return [
      figureOf(rates, { what: `${name}: spans/s acknowledged`, unit: 'spans/s', wanted: ['≥', 60_000], problem }),
      figureOf(perCpuSecond, {
        what: `${name}: spans per CPU second of the server`,
        unit: 'spans/s',
        wanted: ['≥', 90_000],
        problem,
      }),
      {
        what: `${name}: peak memory of the server`,
        unit: 'MiB',
        value: peak === null || problem ? null : peak / 2 ** 20,
        wanted: ['≤', 1024],
        problem,
      },
      figureOf(own, { what: `${name}: CPU of the load generator`, unit: '%' }),
    ]
  })
}
