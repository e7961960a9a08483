/** Messages of a conversation, as the JSON of OpenTelemetry's GenAI conventions. */

export function printText(content: string): string {
  return JSON.stringify({ type: 'text', content })
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, string | number>>
}

export function printCall({ id, name, arguments: given }: ToolCall): string {
  return JSON.stringify({ type: 'tool_call', id, name, arguments: given })
}

/** `response` is JSON. */
export function printResponse(id: string, response: string): string {
  return `{"type":"tool_call_response","id":${JSON.stringify(id)},"response":${response}}`
}

export function printMessage(role: 'user' | 'assistant' | 'tool', parts: readonly string[]): string {
  return `{"role":"${role}","parts":[${parts.join(',')}]}`
}

/** A model's answer, as `gen_ai.output.messages` has it. */
export function printOutput(parts: readonly string[], finishReason: string): string {
  return `[{"role":"assistant","parts":[${parts.join(',')}],"finish_reason":"${finishReason}"}]`
}

/** About what a tokeniser makes of it. */
export function tokensOf(length: number): number {
  return Math.ceil(length / 4)
}
