import { hexDigits } from '../identifiers.ts'
import { amounts, micros } from '../timing.ts'
import type { Conversation } from './conversation.ts'
import { printCall, printMessage, printOutput, printText, type ToolCall, tokensOf } from './messages.ts'
import { type Failure, kinds, open, put, putName, type SpanDraft, setError } from './span-draft.ts'
import type { ToolKind } from './team.ts'
import type { World } from './world.ts'

/** What a model answers: a text, the tools that it calls, or both. */
export interface Answer {
  /** As JSON. */
  readonly parts: readonly string[]
  readonly calls: readonly { call: ToolCall; tool: ToolKind }[]
}

const failures: readonly Failure[] = [
  { type: 'rate_limit_exceeded', message: 'Rate limit reached for requests: try again later' },
  { type: 'overloaded_error', message: 'The model is overloaded' },
  { type: 'timeout', message: 'Request timed out' },
]
const failuresPerThousand = 35
const attempts = 3
const firstToken = micros(420_000, 'wide', 60e9)
const ownTime = micros(900, 'varied', 1e9)
const answerSentences = amounts(7, 'wide', 60)
const mostSteps = 12

/** One step of an agent: the conversation goes to the model until it answers; undefined where it never does. */
export function chat(parent: SpanDraft, conversation: Conversation, step: number): Answer | undefined {
  const { random } = parent.trace.world
  for (let attempt = 0; attempt < attempts; attempt++) {
    const span = openChat(parent, conversation)
    const answer = random.chance('outcome', failuresPerThousand, 1000)
      ? undefined
      : answerOf(parent.trace.world, conversation, step)
    const wait = firstToken.draw(random, 'duration', 1)
    span.endNanos = span.startNanos + wait + (answer ? writeAnswer(span, conversation, answer) : 0)
    parent.endNanos = span.endNanos
    if (answer) return answer
    setError(span, random.pick('outcome', failures))
    if (attempt + 1 < attempts) parent.endNanos += backOff(parent.trace.world, attempt)
  }
  return undefined
}

/** 1 s, 2 s, …, of which up to half is left out at random, in whole milliseconds. */
function backOff({ random }: World, attempt: number): number {
  const most = 1000 * 2 ** attempt
  return (most - random.below('back-off', most / 2)) * 1_000_000
}

function openChat(parent: SpanDraft, conversation: Conversation): SpanDraft {
  const { trace } = parent
  const { kind, instructions, definitions } = conversation.agent
  const startNanos = parent.endNanos + ownTime.draw(trace.world.random, 'own time', 1)
  const span = open({ trace, parent, name: `chat ${kind.model.name}`, kind: kinds.client, startNanos })
  putName(span, 'gen_ai.operation.name', 'chat')
  putName(span, 'gen_ai.provider.name', kind.model.provider)
  putName(span, 'gen_ai.request.model', kind.model.name)
  put(span, 'gen_ai.request.temperature', kind.temperature)
  put(span, 'gen_ai.request.max_tokens', BigInt(kind.maxTokens))
  putName(span, 'server.address', kind.model.host)
  put(span, 'server.port', 443n)
  put(span, 'gen_ai.conversation.id', conversation.id)
  put(span, 'gen_ai.system_instructions', instructions)
  put(span, 'gen_ai.tool.definitions', definitions)
  put(span, 'gen_ai.input.messages', conversation.print())
  return span
}

function answerOf(world: World, { agent }: Conversation, step: number): Answer {
  const { random, prose } = world
  const { tools, model } = agent.kind
  const callsTools = step + 1 < mostSteps && random.chance('tool', 68, 100)
  if (!callsTools) return { parts: [printText(prose.text(answerSentences))], calls: [] }
  const parts = random.chance('tool', 1, 3) ? [printText(prose.sentence())] : []
  const calls = Array.from({ length: 1 + random.weighted('tool', [70, 22, 8]) }, () => {
    const tool = random.pick('tool', tools)
    return {
      tool,
      call: {
        id: model.prefixes[1] + hexDigits(random, 'id', 24),
        name: tool.name,
        arguments: drawArguments(world, tool),
      },
    }
  })
  return { parts: [...parts, ...calls.map(({ call }) => printCall(call))], calls }
}

function drawArguments({ random, prose }: World, { parameters }: ToolKind): Record<string, string | number> {
  const given: Record<string, string | number> = {}
  for (const parameter of parameters)
    if (parameter === 'query') given[parameter] = prose.phrase(3 + random.below('text', 8))
    else if (parameter === 'path') given[parameter] = `${prose.word()}/${prose.word()}/${prose.word()}.md`
    else if (parameter === 'id') given[parameter] = 10_000_000 + random.below('text', 90_000_000)
    else given[parameter] = 5 * (1 + random.below('text', 10))
  return given
}

/** Puts the answer on the span, and into the conversation; returns how long the model took to write it, in nanoseconds. */
function writeAnswer(span: SpanDraft, conversation: Conversation, { parts, calls }: Answer): number {
  const { random } = span.trace.world
  const { model } = conversation.agent.kind
  const message = printMessage('assistant', parts)
  const { tokens, cached } = conversation.send(span.startNanos)
  const written = tokensOf(message.length)
  const reason = calls.length > 0 ? 'tool_call' : 'stop'
  put(span, 'gen_ai.response.id', model.prefixes[0] + hexDigits(random, 'id', 24))
  putName(span, 'gen_ai.response.model', model.version)
  put(span, 'gen_ai.response.finish_reasons', [reason])
  put(span, 'gen_ai.usage.input_tokens', BigInt(tokens))
  put(span, 'gen_ai.usage.output_tokens', BigInt(written))
  put(span, 'gen_ai.usage.cache_read.input_tokens', BigInt(cached))
  if (model.tellsCreation) put(span, 'gen_ai.usage.cache_creation.input_tokens', BigInt(tokens - cached))
  put(span, 'gen_ai.output.messages', printOutput(parts, reason))
  conversation.add(message)
  return written * model.tokenMicros * 1000
}
