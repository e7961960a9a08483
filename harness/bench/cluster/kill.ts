import { setTimeout as sleep } from 'node:timers/promises'
import { FloorMeter } from '../../../generator/floor-meter.ts'
import { Random } from '../../../generator/random.ts'
import type { BlobStore } from '../../../lib/storage/store.ts'
import type { KafkaCluster } from '../../stack/kafka.ts'
import type { Stack } from '../../stack/stack.ts'
import type { Load } from '../serve/load.ts'
import type { Replay } from '../serve/replay.ts'
import { countSpans } from '../serve/session.ts'
import { AnswerWatch } from './kill-answers.ts'
import { countStored, type Stored } from './kill-stored.ts'
import { Strikes } from './kill-victims.ts'
import { untilStored } from './sent.ts'

const concurrency = 4
/** What a distributor that was frozen has not answered is sent to another one, as an exporter does. */
const answerMillis = 2_000

export interface KillJob {
  readonly stack: Stack
  readonly kafka: KafkaCluster
  readonly store: BlobStore
  readonly replay: Replay
  readonly load: Load
  /** Of processes, freezes among them. */
  readonly kills: number
  /** So many spans are sent, evenly over the kills, and a few more. */
  readonly minSpans: number
  readonly seed: number
}

/** What became of the spans that were acknowledged. */
export interface Killed extends Stored {
  /** By role, and of the leading broker. */
  readonly kills: Readonly<Record<string, number>>
  readonly freezes: Readonly<Record<string, number>>
  readonly acknowledged: number
  /** Requests without an acknowledgement, which were sent again, by status; 0: the connection broke, or it took too long. */
  readonly resent: Readonly<Record<string, number>>
  /** What the query frontend counts when all has settled. */
  readonly answered: number
  /** Answers under load, and what was wrong with them. */
  readonly meanwhile: AnswerWatch['counts'] & {
    readonly unanswered: Readonly<Record<string, number>>
    readonly problems: readonly string[]
  }
}

/** Kills and freezes processes at random moments under load, and counts what the cluster has and answers. */
export async function killRoles({
  stack,
  kafka,
  store,
  replay,
  load,
  kills,
  minSpans,
  seed,
}: KillJob): Promise<Killed> {
  const draw = drawOf(seed)
  const sinceMillis = Date.now()
  load.urls = stack.of('distributor').map(({ otlp }) => otlp!)
  load.answerMillis = answerMillis
  const frontend = stack.of('query-frontend')[0]!
  const strikes = new Strikes(stack, kafka, draw)
  const watch = new AnswerWatch({ api: frontend.api, replay, load, concurrency, sinceMillis, draw: drawOf(seed + 1) })
  const phase = { isOver: false, isGivenUp: false }
  let struck = 0
  // As many spans before each kill: the load is spread over all of them.
  const dueSpans = () => (struck === kills ? Number.POSITIVE_INFINITY : (minSpans * (struck + 1)) / (kills + 1))
  const loading = Promise.all(Array.from({ length: concurrency }, () => sendDue(load, replay, dueSpans, phase)))
  const watching = watch.run(() => phase.isOver)
  try {
    for (; struck < kills; struck++) {
      await sleep(300 + draw() * 1_500)
      await strikes.next()
    }
    while (load.acknowledgedSpans < minSpans) await sleep(100)
  } catch (error) {
    phase.isGivenUp = true
    throw error
  } finally {
    phase.isOver = true
    await Promise.all([loading, watching])
    load.close()
  }
  await untilStored({ stack })
  return {
    kills: Object.fromEntries(strikes.kills),
    freezes: Object.fromEntries(strikes.freezes),
    acknowledged: load.acknowledgedSpans,
    resent: Object.fromEntries(load.refused),
    answered: await countSpans(frontend.api, replay, sinceMillis),
    meanwhile: { ...watch.counts, unanswered: Object.fromEntries(watch.unanswered), problems: watch.problems },
    ...(await countStored(store, replay, load)),
  }
}

/** Sends while fewer spans are acknowledged than are due. What was sent is sent until it is acknowledged, or given up. */
async function sendDue(
  load: Load,
  replay: Replay,
  dueSpans: () => number,
  phase: { readonly isOver: boolean; readonly isGivenUp: boolean },
): Promise<void> {
  while (!phase.isOver)
    if (load.acknowledgedSpans < dueSpans()) await load.send(replay.next(), () => phase.isGivenUp)
    else await sleep(20)
}

function drawOf(seed: number): () => number {
  const random = new Random(seed, new FloorMeter())
  return () => random.u32() / 2 ** 32
}
