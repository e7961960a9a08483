import { setTimeout as sleep } from 'node:timers/promises'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { LogSegment } from '../../../lib/serve/wal/log.ts'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ServeJob } from './job.ts'
import type { Replay } from './replay.ts'
import { Server } from './server.ts'
import { countSpans, figureOf, loadOf } from './session.ts'

const logBytes = 256 << 20
const segmentBytes = logBytes / 4
const pollMillis = 20

interface Started {
  readonly takesMillis: number
  readonly answersMillis: number
  readonly peakBytes: number | null
  readonly problem: string | undefined
}

/** How soon a store with a log takes requests and answers questions, and its memory until then. */
export async function measureStart(job: ServeJob, report: Report): Promise<Figure[]> {
  const { replay, load } = await loadOf(job.capture, job.seed)
  load.close()
  const starts: Started[] = []
  for (let round = 0; round < job.rounds; round++) starts.push(await startOnce(job, replay, report))
  const problem = starts.find(start => start.problem !== undefined)?.problem
  const { name } = job.capture
  const peaks = starts.map(({ peakBytes }) => peakBytes ?? Number.NaN)
  return [
    figureOf(
      starts.map(({ takesMillis }) => takesMillis),
      { what: `${name}: from the start until it takes requests`, unit: 'ms', wanted: ['≤', 2_000], problem },
    ),
    figureOf(
      starts.map(({ answersMillis }) => answersMillis),
      { what: `${name}: from the start until it answers questions`, unit: 'ms', problem },
    ),
    {
      what: `${name}: peak memory until then`,
      unit: 'MiB',
      value: peaks.some(Number.isNaN) || problem ? null : Math.max(...peaks) / 2 ** 20,
      wanted: ['≤', 1024],
      problem,
    },
  ]
}

async function startOnce({ program }: ServeJob, replay: Replay, report: Report): Promise<Started> {
  return inWorkFolder(async folder => {
    const data = `${folder}/data`
    const sinceMillis = Date.now()
    const spanCount = await writeLog(`${data}/wal`, replay)
    const startMillis = performance.now()
    const server = await Server.start(program, data)
    while ((await fetch(`${server.api}/ready`)).status !== 200) await sleep(pollMillis)
    const answersMillis = performance.now() - startMillis
    const peakBytes = server.peakBytes()
    const found = await countSpans(server.api, replay, sinceMillis)
    await server.end('SIGTERM')
    report(spanCount)
    const problem = found === spanCount ? undefined : `the log has ${spanCount} spans, found ${found}`
    return { takesMillis: server.startMillis, answersMillis, peakBytes, problem }
  })
}

/** A log as a server leaves it that was killed; gives its number of spans. */
async function writeLog(folder: string, replay: Replay): Promise<number> {
  const files = localLogFiles(folder)
  let spans = 0
  let previous: string | undefined
  for (let bytes = 0; bytes < logBytes; ) {
    const segment = await LogSegment.create(files, 'never', previous)
    previous = segment.name
    while (segment.byteLength < segmentBytes) {
      const { body, spanCount } = replay.next()
      const frame = { tenant: 'single-tenant', timeMillis: Date.now(), payload: body }
      await new Promise<void>((resolve, reject) => segment.append(frame, resolve, reject))
      spans += spanCount
    }
    await segment.close()
    bytes += segment.byteLength
  }
  return spans
}
