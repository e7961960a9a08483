import { setTimeout as sleep } from 'node:timers/promises'
import { FloorMeter } from '../../../generator/floor-meter.ts'
import { Random } from '../../../generator/random.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ServeJob } from './job.ts'
import type { Load } from './load.ts'
import { batchSpans, type Replay } from './replay.ts'
import { Server } from './server.ts'
import { figureOf, loadOf } from './session.ts'
import { spanOf } from './span-number.ts'

const concurrency = 4

/** Kills the server at random moments under load, and counts what it then has. */
export async function measureKill(job: ServeJob, report: Report): Promise<Figure[]> {
  const { replay, load } = await loadOf(job.capture, job.seed)
  const random = new Random(job.seed, new FloorMeter())
  return inWorkFolder(async folder => {
    const data = `${folder}/data`
    const startMillis: number[] = []
    let isOver = false
    let loading: Promise<void> | undefined
    for (let kill = 0; kill < job.kills; kill++) {
      // Blocks are made and compacted all the time, so that it is killed in the midst of that, too.
      const server = await Server.start(job.program, data, '--block-duration', '500ms')
      startMillis.push(server.startMillis)
      load.urls = [server.otlp]
      const before = load.acknowledgedSpans
      loading ??= load.closed(concurrency, () => isOver)
      await sleep(100 + (random.u32() / 2 ** 32) * 900)
      await server.end('SIGKILL')
      report(load.acknowledgedSpans - before)
    }
    isOver = true
    await loading
    load.close()
    const { missing, twice } = await countIn(data, replay, load)
    const { name } = job.capture
    const count = (what: string, spanCount: number): Figure => ({
      what: `${name}: ${what}`,
      unit: 'spans',
      value: spanCount,
      wanted: ['≤', 0],
      problem: spanCount === 0 ? undefined : `${spanCount} of ${load.acknowledgedSpans}`,
    })
    return [
      { what: `${name}: kills`, unit: '', value: job.kills },
      { what: `${name}: acknowledged`, unit: 'spans', value: load.acknowledgedSpans },
      count('acknowledged and missing', missing),
      count('twice', twice),
      figureOf(startMillis, { what: `${name}: from the start until it takes requests`, unit: 'ms' }),
      { what: `${name}: the longest of these`, unit: 'ms', value: Math.max(...startMillis), wanted: ['≤', 2_000] },
    ]
  })
}

/** Of all spans in a store: how many that were acknowledged are missing, and how many are there more than once. */
async function countIn(data: string, replay: Replay, load: Load): Promise<{ missing: number; twice: number }> {
  const places = { log: localLogFiles(`${data}/wal`), blocks: folderStore(`${data}/blocks`), warn: () => {} }
  const store = await Store.open(places, defaultConfig)
  const rounds = new Map<number, Uint8Array>()
  for await (const id of spanIdsOf(await store.source('single-tenant'))) {
    const { round, number } = spanOf(id)
    getOrInsert(rounds, round, () => new Uint8Array(replay.spanCount))[number]!++
  }
  await store.close()
  return missingAndTwice(rounds, replay, load)
}

/** Of counts of spans by round and number: how many that were acknowledged are missing, and how many are there more than once. */
export function missingAndTwice(rounds: ReadonlyMap<number, Uint8Array>, replay: Replay, load: Load) {
  let [missing, twice] = [0, 0]
  for (const counts of rounds.values()) for (const count of counts) if (count > 1) twice++
  for (const [round, index] of load.acknowledged()) {
    const counts = rounds.get(round)
    for (let i = 0; i < replay.spansOf(index); i++) if (!counts?.[index * batchSpans + i]) missing++
  }
  return { missing, twice }
}

export async function* spanIdsOf(source: SpanSource): AsyncIterable<string> {
  for await (const batch of source.scan({ needs: [], columns: ['span:id'] })) {
    for (const { values } of (await batch.read(['span:id'])).get('span:id') ?? []) {
      if (!('codes' in values)) continue
      for (const code of values.codes) yield values.dictionary[code] as string
    }
    batch.release()
  }
}
