import { getOrInsert } from '../../lib/maps.ts'
import { FloorMeter } from '../floor-meter.ts'
import { Random } from '../random.ts'
import { Words } from '../words.ts'
import { Prose } from './prose.ts'
import { type Agent, type AgentKind, createAgent } from './team.ts'

/** All that outlives a trace, but for the conversations. */
export interface World {
  /** Counted draws, of what the data shows. */
  readonly random: Random
  /** Draws of what it does not. */
  readonly hidden: Random
  readonly words: Words
  readonly prose: Prose
  /** The agent of a kind, set up when it is first asked. */
  agent(kind: AgentKind): Agent
}

export function createWorld(seed: number, floor: FloorMeter): World {
  const random = new Random(seed, floor)
  const hidden = new Random(2 ** 53 - 1 - seed, new FloorMeter())
  const words = new Words(floor)
  const prose = new Prose(random, hidden, words)
  const agents = new Map<AgentKind, Agent>()
  const agent = (kind: AgentKind) => getOrInsert(agents, kind, () => createAgent(kind, prose, hidden))
  return { random, hidden, words, prose, agent }
}
