/**
 * The fields of this workload's floor, and what each covers. A draw counts only where the data shows it, at -log2 of the
 * probability of what is shown: outcomes that look alike are one. What the data does not show (a span that was lost) is
 * drawn from a stream that is not counted, so the sum stays below what any exact encoder needs. What follows from other
 * values costs nothing: parents, kinds, the order of spans, statuses of callers, ends of waiting spans, event times,
 * links to what a queue hands on, clock skew, load.
 */
export const otelFields = {
  'trace id': '128 random bits a trace',
  'span id': '64 random bits a span, and one for a lost span that children name',
  arrival: 'from the start of a trace to that of the next: exponential about the mean of the hour, in nanoseconds',
  request: 'which request a trace is, and what it asks for: counts of items, pages, orders and messages',
  pod: 'which pod serves a call, one of its service’s replicas',
  'own time': 'from the last thing that happened in a span to the next, in ticks of the service’s clock',
  duration: 'how long a span without children of its own lasts, in ticks; a time-out is one outcome',
  'back-off': 'the wait before a call is tried again',
  outcome: 'failed or not and how, hit or miss, accepted or declined: one draw a place that can go both ways',
  loss: 'spans that are lost or late',
  user: 'who asks: by Zipf’s law; at first sight the id, address and agent, and when it is first shown the e-mail',
  item: 'what is bought or sought: by Zipf’s law; the price when it is first shown; quantities and search terms',
  uuid: '122 random bits a request, payment or message, and other random ids that the data shows',
  port: 'ephemeral ports, threads and goroutines',
  value: 'sizes of bodies, numbers of rows, scores, offsets and other measured values',
  flag: 'feature flags: evaluated or not, and which variant',
  'trace state': 'whether a trace has one, and its random part',
  names: 'each distinct word of keys, constant values and tables once, at 2 bits a character',
} as const

export type OtelField = keyof typeof otelFields
