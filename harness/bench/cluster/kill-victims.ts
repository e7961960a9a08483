import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../stack/eventually.ts'
import type { KafkaCluster } from '../../stack/kafka.ts'
import { leaderOf } from '../../stack/kafka-asking.ts'
import type { RoleProcess } from '../../stack/role-process.ts'
import { type Stack, topic } from '../../stack/stack.ts'

/** What can be killed, frozen and started again. */
interface Victim {
  readonly name: string
  signal(signal: NodeJS.Signals): void
  kill(): Promise<unknown>
  start(): Promise<void>
}

/** Of all draws, those that hit the leading broker of a partition. */
const brokerShare = 1 / 6
const freezeShare = 0.3

/** Kills and freezes of one victim after the other, by draws; counts them by kind. */
export class Strikes {
  readonly kills = new Map<string, number>()
  readonly freezes = new Map<string, number>()
  readonly #stack: Stack
  readonly #kafka: KafkaCluster
  readonly #draw: () => number

  constructor(stack: Stack, kafka: KafkaCluster, draw: () => number) {
    this.#stack = stack
    this.#kafka = kafka
    this.#draw = draw
  }

  /** Strikes one, and returns when it runs again. */
  async next(): Promise<void> {
    const victim = await this.#victim()
    if (this.#draw() < freezeShare) {
      increment(this.freezes, victim.name)
      victim.signal('SIGSTOP')
      await sleep(500 + this.#draw() * 3_000)
      victim.signal('SIGCONT')
    } else {
      increment(this.kills, victim.name)
      await victim.kill()
      // Where it cannot yet, for what it needs is away, it is started again as who supervises it would.
      await eventually(() => victim.start())
    }
  }

  /** One of the roles' processes, or the broker that leads one of the partitions, where another one can lead it. */
  async #victim(): Promise<Victim> {
    const [isBroker, which] = [this.#draw() < brokerShare, this.#draw()]
    if (isBroker && this.#kafka.nodes.length > 1) {
      const broker = await eventually(() =>
        leaderOf(this.#kafka, topic, Math.floor(which * this.#stack.partitionCount)),
      )
      return {
        name: 'leading broker',
        signal: signal => broker.signal(signal),
        kill: () => broker.kill(),
        start: () => broker.start(),
      }
    }
    const { processes } = this.#stack
    return victimOf(processes[Math.floor(which * processes.length)]!)
  }
}

function victimOf(own: RoleProcess): Victim {
  return {
    name: own.role,
    signal: signal => own.signal(signal),
    kill: () => own.end('SIGKILL'),
    start: () => own.start(),
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
