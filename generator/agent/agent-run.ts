import { micros } from '../timing.ts'
import { chat } from './chat.ts'
import { Conversation } from './conversation.ts'
import { printMessage, printOutput, printText } from './messages.ts'
import { kinds, open, put, putName, type SpanDraft, setError } from './span-draft.ts'
import { researchKind } from './team.ts'
import { runTools } from './tools.ts'

const ownTime = micros(700, 'varied', 1e9)
const noAnswer = { type: 'AgentError', message: 'The model gave no answer' }

/**
 * An agent at work on a question, which the conversation has already: models and tools in turn until the model is done.
 * Returns the parts of the answer as a JSON array; undefined where there is none.
 */
export function runAgent(parent: SpanDraft, conversation: Conversation, question: string): string | undefined {
  const { trace } = parent
  const { kind, id } = conversation.agent
  const startNanos = parent.endNanos + ownTime.draw(trace.world.random, 'own time', 1)
  const span = open({ trace, parent, name: `invoke_agent ${kind.name}`, kind: kinds.internal, startNanos })
  putName(span, 'gen_ai.operation.name', 'invoke_agent')
  putName(span, 'gen_ai.agent.name', kind.name)
  putName(span, 'gen_ai.agent.id', id)
  putName(span, 'gen_ai.provider.name', kind.model.provider)
  putName(span, 'gen_ai.request.model', kind.model.name)
  put(span, 'gen_ai.conversation.id', conversation.id)
  put(span, 'gen_ai.input.messages', `[${printMessage('user', [printText(question)])}]`)
  const parts = runSteps(span, conversation)
  if (parts) put(span, 'gen_ai.output.messages', printOutput(parts, 'stop'))
  span.endNanos += ownTime.draw(trace.world.random, 'own time', 1)
  if (!parts) setError(span, noAnswer)
  parent.endNanos = span.endNanos
  return parts && `[${parts.join(',')}]`
}

function runSteps(span: SpanDraft, conversation: Conversation): readonly string[] | undefined {
  for (let step = 0; ; step++) {
    const answer = chat(span, conversation, step)
    if (answer === undefined || answer.calls.length === 0) return answer?.parts
    runTools(span, conversation, answer.calls, delegate)
  }
}

/** Asks another agent, which knows nothing but the question. */
function delegate(caller: SpanDraft, conversationId: string, question: string): string {
  const conversation = new Conversation(caller.trace.world.agent(researchKind), conversationId)
  conversation.add(printMessage('user', [printText(question)]))
  return runAgent(caller, conversation, question) ?? JSON.stringify({ error: noAnswer.message })
}
