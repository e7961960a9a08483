import { amounts, micros } from '../timing.ts'
import type { Answer } from './chat.ts'
import type { Conversation } from './conversation.ts'
import { printMessage, printResponse, tokensOf } from './messages.ts'
import { type Failure, kinds, open, put, putName, type SpanDraft, setError } from './span-draft.ts'
import type { ToolKind } from './team.ts'
import type { World } from './world.ts'

const failures: readonly Failure[] = [
  { type: 'TimeoutError', message: 'The tool did not answer in time' },
  { type: 'ValueError', message: 'The arguments are not what the tool takes' },
  { type: 'NotFoundError', message: 'There is no such thing' },
]
const failuresPerThousand = 50
const dispatch = micros(350, 'varied', 1e9)
const embedding = micros(28_000, 'varied', 5e9)
const resultSentences = amounts(14, 'wide', 160)
const resultRows = amounts(6, 'wide', 40)

type Call = Answer['calls'][number]

/** Puts a question to another agent; its answer, as JSON. */
export type Delegate = (caller: SpanDraft, conversationId: string, question: string) => string

/** Runs the tools side by side, and tells the model what they gave. */
export function runTools(
  parent: SpanDraft,
  conversation: Conversation,
  calls: Answer['calls'],
  delegate: Delegate,
): void {
  const fromNanos = parent.endNanos
  const parts = calls.map(each => {
    const span = openTool(parent, each, fromNanos)
    const response = runTool(span, each, question => delegate(span, conversation.id, question))
    parent.endNanos = Math.max(parent.endNanos, span.endNanos)
    return printResponse(each.call.id, response)
  })
  conversation.add(printMessage('tool', parts))
}

function openTool(parent: SpanDraft, { call, tool }: Call, fromNanos: number): SpanDraft {
  const { trace } = parent
  const startNanos = fromNanos + dispatch.draw(trace.world.random, 'own time', 1)
  const span = open({ trace, parent, name: `execute_tool ${tool.name}`, kind: kinds.internal, startNanos })
  putName(span, 'gen_ai.operation.name', 'execute_tool')
  putName(span, 'gen_ai.tool.name', tool.name)
  putName(span, 'gen_ai.tool.type', 'function')
  put(span, 'gen_ai.tool.call.id', call.id)
  put(span, 'gen_ai.tool.call.arguments', JSON.stringify(call.arguments))
  return span
}

/** What the tool gives, as JSON. */
function runTool(span: SpanDraft, { call, tool }: Call, delegate: (question: string) => string): string {
  const { world } = span.trace
  if (tool.embeds) embed(span, String(call.arguments.query))
  if (tool.result === 'agent') {
    const result = delegate(String(call.arguments.query))
    put(span, 'gen_ai.tool.call.result', result)
    return result
  }
  const isFailed = world.random.chance('outcome', failuresPerThousand, 1000)
  span.endNanos += tool.timing.draw(world.random, 'duration', 1)
  if (isFailed) {
    const failure = world.random.pick('outcome', failures)
    setError(span, failure)
    return JSON.stringify({ error: failure.message })
  }
  const result = drawResult(world, tool)
  put(span, 'gen_ai.tool.call.result', result)
  return tool.result === 'rows' ? result : JSON.stringify(result)
}

function drawResult({ random, prose }: World, tool: ToolKind): string {
  if (tool.result === 'text') return prose.text(resultSentences)
  const rows = Array.from({ length: resultRows.draw(random, 'tool', 1) }, () => ({
    id: random.below('text', 1_000_000),
    name: prose.phrase(2),
    note: prose.sentence(),
    score: random.below('text', 1000) / 1000,
  }))
  return JSON.stringify(rows)
}

function embed(parent: SpanDraft, query: string): void {
  const { trace } = parent
  const { random } = trace.world
  const startNanos = parent.endNanos + dispatch.draw(random, 'own time', 1)
  const span = open({ trace, parent, name: 'embeddings quill-embed-2', kind: kinds.client, startNanos })
  putName(span, 'gen_ai.operation.name', 'embeddings')
  putName(span, 'gen_ai.provider.name', 'quill')
  putName(span, 'gen_ai.request.model', 'quill-embed-2')
  put(span, 'gen_ai.request.encoding_formats', ['base64'])
  put(span, 'gen_ai.embeddings.dimension.count', 1536n)
  put(span, 'gen_ai.usage.input_tokens', BigInt(tokensOf(query.length)))
  span.endNanos = startNanos + embedding.draw(random, 'duration', 1)
  parent.endNanos = span.endNanos
}
