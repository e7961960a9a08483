import type { Trace } from '../../lib/model/trace.ts'
import type { FloorMeter } from '../floor-meter.ts'
import { hexDigits } from '../identifiers.ts'
import { exponentialSteps, exponentialTable } from '../tables.ts'
import { amounts, micros } from '../timing.ts'
import { runAgent } from './agent-run.ts'
import { Conversation } from './conversation.ts'
import { printMessage, printText } from './messages.ts'
import { kinds, open, put, putName, setError, type TraceDraft, toSpan } from './span-draft.ts'
import { askedKinds } from './team.ts'
import { createWorld, type World } from './world.ts'

const meanGapNanos = 2.5e9
const gapStepNanos = Math.floor(meanGapNanos / exponentialSteps)
/** New conversations count as so many open ones. */
const newWeight = 12
const mostOpen = 48
const mostTurns = 8
const questionSentences = amounts(3, 'wide', 40)
const respond = micros(600, 'varied', 1e9)

/**
 * The workload `agent`: turns of conversations with LLM agents that call tools, one trace each, in the order of their
 * starts. Each call of a model carries the conversation so far, as instrumentations with content capture record it.
 */
export function* generateAgent(
  { traceCount, seed }: { traceCount: number; seed: number },
  floor: FloorMeter,
): Iterable<Trace> {
  const world = createWorld(seed, floor)
  const conversations = new Conversations(world)
  let nowNanos = 8 * 3_600e9
  for (let index = 0; index < traceCount; index++) {
    nowNanos +=
      world.random.draw('arrival', exponentialTable) * gapStepNanos + world.random.below('arrival', gapStepNanos)
    yield takeTurn(world, conversations.next(nowNanos), nowNanos)
  }
}

/** Those that go on: as many turns each as a draw says that the data do not show. */
class Conversations {
  readonly #world: World
  readonly #open: { conversation: Conversation; turnsLeft: number }[] = []

  constructor(world: World) {
    this.#world = world
  }

  /** The conversation of a trace that begins then: one that is idle, or a new one. */
  next(nowNanos: number): Conversation {
    const { random } = this.#world
    const idle = this.#open.filter(({ conversation }) => conversation.idleNanos < nowNanos)
    const index = random.below('conversation', newWeight + idle.length) - newWeight
    const chosen = idle[index] ?? this.#begin()
    if (--chosen.turnsLeft === 0 && this.#open.includes(chosen)) this.#open.splice(this.#open.indexOf(chosen), 1)
    return chosen.conversation
  }

  #begin(): { conversation: Conversation; turnsLeft: number } {
    const { random, hidden } = this.#world
    const agent = this.#world.agent(random.pick('conversation', askedKinds))
    const conversation = new Conversation(agent, hexDigits(random, 'id', 32))
    const begun = { conversation, turnsLeft: 1 + hidden.below('', mostTurns) }
    if (this.#open.length < mostOpen) this.#open.push(begun)
    return begun
  }
}

/** A user's question, and all that the agent does about it. */
function takeTurn(world: World, conversation: Conversation, nowNanos: number): Trace {
  const { random, prose } = world
  const traceId = hexDigits(random, 'trace id', 32)
  const trace: TraceDraft = { world, traceId, pod: random.pick('pod', conversation.agent.pods), spans: [] }
  world.words.addList(trace.pod.attributes)
  const name = 'POST /conversations/{id}/messages'
  const root = open({ trace, name, kind: kinds.server, startNanos: nowNanos })
  putName(root, 'http.request.method', 'POST')
  putName(root, 'http.route', '/conversations/{id}/messages')
  put(root, 'url.path', `/conversations/${conversation.id}/messages`)
  const question = prose.text(questionSentences)
  conversation.add(printMessage('user', [printText(question)]))
  const answer = runAgent(root, conversation, question)
  put(root, 'http.response.status_code', answer ? 200n : 502n)
  root.endNanos += respond.draw(random, 'own time', 1)
  if (!answer) setError(root, { type: '502', message: '' })
  conversation.idleNanos = root.endNanos
  // A process exports its spans in the order in which they end.
  const ended = [...trace.spans].sort((a, b) => a.endNanos - b.endNanos || b.startNanos - a.startNanos)
  return { traceId, spans: ended.map(toSpan) }
}
