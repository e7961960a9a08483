import { describe, expect, it } from 'vitest'
import { generateAgent } from '../../generator/agent/agent.ts'
import { agentFields } from '../../generator/agent/fields.ts'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { countSpans, type Span, type Trace, valueType } from '../../lib/model/trace.ts'
import { attributeOf, digestOf } from '../support/generated.ts'

const seed = 1
const floor = new FloorMeter()
const traces = generate(400, seed, floor)
const spans = traces.flatMap(trace => trace.spans)
const chats = spans.filter(span => span.name.startsWith('chat '))

function generate(traceCount: number, from = seed, meter = new FloorMeter()): Trace[] {
  return [...generateAgent({ traceCount, seed: from }, meter)]
}

function messagesOf(span: Span, key: string): { role: string; parts: Record<string, unknown>[] }[] {
  return JSON.parse(String(attributeOf(span, key)))
}

/** Chats of a conversation's own agent in the order of their starts; a delegate speaks with another model of its own. */
function conversations(): Span[][] {
  const groups = new Map<string, Span[]>()
  for (const span of [...chats].sort((a, b) => (a.startNanos < b.startNanos ? -1 : 1))) {
    const key = `${attributeOf(span, 'gen_ai.conversation.id')} ${attributeOf(span, 'gen_ai.system_instructions')}`
    groups.set(key, [...(groups.get(key) ?? []), span])
  }
  return [...groups.values()]
}

describe(`generateAgent (seed ${seed})`, () => {
  it('gives the golden bytes, on every engine', () => {
    expect(digestOf(traces)).toBe('12944970a20cc2cbcc8042d75434d7f565a35bff30d82ae4057a9350033de72c')
    expect(digestOf(generate(20, 2 ** 53 - 1))).toBe('6404ab75b388c84b20dcf28bcbba6f2985b4eb5267d2cc94d0a37718c8e75bdb')
  })

  it('gives the smaller size as the start of the larger', () => {
    expect(digestOf(generate(50))).toBe(digestOf(traces.slice(0, 50)))
  })

  it('has ids of its own for every span, one root a trace, and every parent in its trace', () => {
    expect(new Set(traces.map(trace => trace.traceId)).size).toBe(traces.length)
    expect(new Set(spans.map(span => span.spanId)).size).toBe(spans.length)
    for (const { spans: ofTrace } of traces) {
      const ids = new Set(ofTrace.map(span => span.spanId))
      expect(ofTrace.filter(span => !ids.has(span.parentSpanId)).map(span => span.parentSpanId)).toEqual([''])
    }
  })

  it('keeps children within their parents', () => {
    for (const { spans: ofTrace } of traces) {
      const byId = new Map(ofTrace.map(span => [span.spanId, span]))
      for (const span of ofTrace) {
        const parent = byId.get(span.parentSpanId)
        expect(span.endNanos).toBeGreaterThanOrEqual(span.startNanos)
        if (!parent) continue
        expect(span.startNanos).toBeGreaterThanOrEqual(parent.startNanos)
        expect(span.endNanos).toBeLessThanOrEqual(parent.endNanos)
      }
    }
  })

  it('repeats in each call of a model all that was said before, until the window slides', () => {
    let [grown, slid] = [0, 0]
    for (const calls of conversations())
      for (let i = 1; i < calls.length; i++) {
        const [before, now] = [calls[i - 1], calls[i]].map(span => String(attributeOf(span, 'gen_ai.input.messages')))
        if (now.startsWith(before.slice(0, -1))) grown++
        else slid++
      }
    expect(grown).toBeGreaterThan(5 * slid)
    expect(slid).toBeGreaterThan(0)
  })

  it('tells a tool’s result twice: on its span, and to the model that asked', () => {
    const answers = new Map<unknown, unknown>()
    for (const span of chats)
      for (const { role, parts } of messagesOf(span, 'gen_ai.input.messages'))
        if (role === 'tool') for (const { id, response } of parts) answers.set(id, response)
    const told = spans.filter(span => typeof attributeOf(span, 'gen_ai.tool.call.result') === 'string')
    expect(told.length).toBeGreaterThan(300)
    for (const span of told) {
      const answer = answers.get(attributeOf(span, 'gen_ai.tool.call.id'))
      // A window that slid, or a model that failed, may have hidden it.
      if (answer === undefined) continue
      const result = String(attributeOf(span, 'gen_ai.tool.call.result'))
      expect(typeof answer === 'string' ? answer : JSON.stringify(answer)).toBe(result)
    }
  })

  it('calls again after a failure with the same messages, and takes cached tokens for a part of the input', () => {
    const failed = chats.filter(span => span.status?.code === 2)
    expect(failed.length / chats.length).toBeGreaterThan(0.02)
    expect(failed.length / chats.length).toBeLessThan(0.06)
    for (const span of failed) {
      expect(attributeOf(span, 'error.type')).toBeDefined()
      expect(attributeOf(span, 'gen_ai.output.messages')).toBeUndefined()
    }
    let cached = 0n
    for (const span of chats.filter(span => span.status === null)) {
      const read = attributeOf(span, 'gen_ai.usage.cache_read.input_tokens') as bigint
      expect(read).toBeLessThanOrEqual(attributeOf(span, 'gen_ai.usage.input_tokens') as bigint)
      if (read > 0n) cached++
    }
    expect(Number(cached) / chats.length).toBeGreaterThan(0.4)
  })

  it('has prompts of kilobytes, and agents that ask agents', () => {
    for (const key of ['gen_ai.system_instructions', 'gen_ai.tool.definitions'])
      expect(Math.max(...chats.map(span => String(attributeOf(span, key)).length))).toBeGreaterThan(3000)
    const byId = new Map(spans.map(span => [span.spanId, span]))
    const asked = spans.filter(span => byId.get(span.parentSpanId)?.name === 'execute_tool delegate')
    expect(new Set(asked.map(span => span.name))).toEqual(new Set(['invoke_agent research']))
    expect(countSpans(traces) / traces.length).toBeGreaterThan(9)
    expect(countSpans(traces) / traces.length).toBeLessThan(16)
  })

  it('names attributes as the conventions do now, with their types', () => {
    const types: Record<string, string> = {
      'gen_ai.operation.name': 'string',
      'gen_ai.provider.name': 'string',
      'gen_ai.request.temperature': 'double',
      'gen_ai.request.max_tokens': 'int',
      'gen_ai.response.finish_reasons': 'array',
      'gen_ai.usage.input_tokens': 'int',
      'gen_ai.usage.cache_creation.input_tokens': 'int',
      'gen_ai.input.messages': 'string',
      'gen_ai.output.messages': 'string',
      'gen_ai.tool.call.arguments': 'string',
      'gen_ai.embeddings.dimension.count': 'int',
    }
    for (const [key, type] of Object.entries(types)) {
      const values = spans.flatMap(span => span.attributes.filter(attribute => attribute.key === key))
      expect(values.length, key).toBeGreaterThan(0)
      expect(new Set(values.map(({ value }) => valueType(value))), key).toEqual(new Set([type]))
    }
    const keys = new Set(spans.flatMap(span => span.attributes.map(({ key }) => key)))
    for (const older of ['gen_ai.system', 'gen_ai.prompt', 'gen_ai.completion', 'gen_ai.usage.prompt_tokens'])
      expect(keys).not.toContain(older)
  })
})

describe('the floor of agent', () => {
  it('has every field that is explained, and no other', () => {
    expect(Object.keys(floor.byField()).sort()).toEqual(Object.keys(agentFields).sort())
  })

  it('counts ids in full, and what is said once: about a hundred bytes a span of eight thousand', () => {
    const fields = floor.byField()
    expect(fields['trace id']).toBe(16 * traces.length)
    expect(fields['span id']).toBe(8 * spans.length)
    expect(floor.total() / spans.length).toBeGreaterThan(90)
    expect(floor.total() / spans.length).toBeLessThan(130)
  })
})
