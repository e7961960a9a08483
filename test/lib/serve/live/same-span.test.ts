import { expect, test } from 'vitest'
import { encodeTraces, OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import { Digester } from '../../../../lib/model/digest.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { isSameSpan } from '../../../../lib/serve/live/same-span.ts'
import { spanAt } from '../../../../lib/shred/row-spans.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { mutations, richTrace } from '../../../support/mutations.ts'
import { nastyCorpora, span } from '../../../support/nasty.ts'

const digester = new Digester()
const digestOf = (rows: SpanRows, row: number) => digester.digest({ traceId: '', spans: [spanAt(rows, row)] })

/** False where a text has a lone surrogate. */
function canBeSent(traces: readonly Trace[]): boolean {
  try {
    return encodeTraces(traces).length > 0
  } catch {
    return false
  }
}

/** The spans of several messages, which are read one after another. */
function rowsOfMessages(...messages: readonly (readonly Trace[])[]): SpanRows {
  const rows = new SpanRows()
  for (const message of messages) new OtlpMessages(rows, () => {}).read(encodeTraces(message), rows)
  return rows
}

test('a span that is sent again is the same by its codes, whatever it holds', () => {
  const corpora = nastyCorpora.filter(({ traces }) => canBeSent(traces))
  expect(corpora.length).toBeGreaterThan(20)
  for (const { traces } of [...corpora, { traces: [richTrace] }]) {
    const messages = new SpanRows()
    const reader = new OtlpMessages(messages, () => {})
    const bytes = encodeTraces(traces.slice(0, 50))
    for (let i = 0; i < 2; i++) reader.read(bytes, messages)
    const count = messages.length / 2
    for (let row = 0; row < count; row++) expect(isSameSpan(messages, row, row + count)).not.toBe(false)
  }
  const rows = rowsOfMessages([richTrace])
  for (let row = 0; row < rows.length; row++) expect(isSameSpan(rows, row, row)).toBe(true)
})

test('a span that differs in any field is not the same, or left to be looked at', () => {
  // The ids are compared before.
  for (const { path, trace } of mutations(richTrace).filter(({ path }) => !/^\/spans\/\d+\/spanId/.test(path))) {
    const rows = rowsOfMessages([richTrace], [trace])
    for (let row = 0; row < richTrace.spans.length; row++)
      for (let other = richTrace.spans.length; other < rows.length; other++)
        if (digestOf(rows, row) !== digestOf(rows, other)) expect(isSameSpan(rows, row, other), path).not.toBe(true)
        else expect(isSameSpan(rows, row, other), path).not.toBe(false)
  }
})

test('spans with long texts, which have a code each time, are left to be looked at', () => {
  const long = { traceId: richTrace.traceId, spans: [span({ name: 'x'.repeat(1_000) })] }
  const rows = rowsOfMessages([long], [long])
  expect(isSameSpan(rows, 0, 1)).toBeUndefined()
})
