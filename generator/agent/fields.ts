/**
 * The fields of this workload's floor, and what each covers. A draw counts only where the data shows it, at -log2 of the
 * probability of what is shown. What follows from other values costs nothing: parents, kinds, the order of spans, counts
 * of tokens, what a later call repeats of the conversation, attributes that say the same twice.
 */
export const agentFields = {
  'trace id': '128 random bits a trace',
  'span id': '64 random bits a span',
  id: 'random ids of conversations, responses and tool calls',
  arrival: 'when traces begin',
  conversation: 'which conversation goes on, or which agent a new one asks',
  text: 'the words of instructions, questions, answers, arguments and results, each where it is first said',
  tool: 'whether tools are called, how many, which, and what they give back',
  'own time': 'from the last thing that happened to the next',
  duration: 'how long models and tools take',
  'back-off': 'the wait before a call is tried again',
  outcome: 'failed or not, and how',
  pod: 'which pod serves a conversation’s turn',
  names: 'each distinct word of keys, constant values and texts once, at 2 bits a character',
} as const
