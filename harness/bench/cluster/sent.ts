import { eventually } from '../../stack/eventually.ts'
import type { Load } from '../serve/load.ts'
import type { Replay } from '../serve/replay.ts'
import { countSpans, loadOf, problemOfCount } from '../serve/session.ts'
import type { ClusterJob } from './job.ts'
import type { Cluster } from './places.ts'

/** Requests under way at a time, when it is sent as fast as is answered. */
const concurrency = 8
const storedMillis = 300_000
const stepSeconds = 60

/** What was sent to a cluster: the capture round after round, each one in time before the one that was sent before it. */
export class Sent {
  readonly replay: Replay
  readonly load: Load
  /** When the last span of the first round ends. */
  readonly endSeconds: number
  readonly #cluster: Cluster

  private constructor(cluster: Cluster, replay: Replay, load: Load, endSeconds: number) {
    this.#cluster = cluster
    this.replay = replay
    this.load = load
    this.endSeconds = endSeconds
    load.urls = cluster.stack.of('distributor').map(({ otlp }) => otlp!)
  }

  static async begin(cluster: Cluster, { capture, seed }: ClusterJob): Promise<Sent> {
    const endSeconds = Math.floor(Date.now() / 1e3 / stepSeconds) * stepSeconds
    const end = BigInt(endSeconds) * 1_000_000_000n
    const { replay, load } = await loadOf(capture, seed, (round, own) => end - BigInt(round) * own.lengthNanos)
    return new Sent(cluster, replay, load, endSeconds)
  }

  /** Where questions are asked. */
  get api(): string {
    return this.#cluster.stack.of('query-frontend')[0]!.api
  }

  /** Rounds that are sent, whole ones when nothing is under way after `finishRound`. */
  get roundCount(): number {
    return Math.floor([...this.load.acknowledged()].length / this.replay.requestCount)
  }

  /** When a round ends, in seconds. */
  endOf(round: number): number {
    return this.endSeconds - (round * Number(this.replay.lengthNanos)) / 1e9
  }

  /** Sends as fast as is answered, each request until it is acknowledged; gives the spans per second. */
  async send(seconds: number): Promise<number> {
    const { load, replay } = this
    const before = load.acknowledgedSpans
    const start = performance.now()
    const sender = async () => {
      while (performance.now() - start < seconds * 1e3) await load.send(replay.next(), () => false)
    }
    await Promise.all(Array.from({ length: concurrency }, sender))
    return ((load.acknowledgedSpans - before) / (performance.now() - start)) * 1e3
  }

  /** Sends what is left of a round that has begun. */
  async finishRound(): Promise<void> {
    const { requestCount } = this.replay
    const begun = [...this.load.acknowledged()].length % requestCount
    if (begun > 0) await this.load.sendMany(concurrency, requestCount - begun)
  }

  /** Waits until all partitions are in blocks to their ends. */
  stored(): Promise<void> {
    return untilStored(this.#cluster)
  }

  /** What is wrong with the spans that the frontend counts, if anything. */
  async problem(): Promise<string | undefined> {
    const lengthNanos = this.replay.lengthNanos * BigInt(this.roundCount + 1)
    return problemOfCount(await countSpans(this.api, { lengthNanos }, this.endSeconds * 1e3), this.load)
  }
}

/** Waits until the lag of all partitions is 0. */
export function untilStored({ stack }: Pick<Cluster, 'stack'>): Promise<void> {
  return eventually(async () => {
    const text = await stack.of('query-frontend')[0]!.get('/status/lag', { accept: 'application/json' })
    const rows = JSON.parse(text) as { records?: number }[]
    if (rows.some(row => row.records !== 0)) throw new Error(`the lag does not return to 0: ${text}`)
  }, storedMillis)
}
