import { LabError } from '../../error.ts'
import type { Attributes, Span, Trace } from '../../model/trace.ts'
import { maxBlockCharacters, maxBlockItems, maxBlockSpans } from './limits.ts'

/** What spans take of the limits of a block. */
interface Weight {
  spans: number
  items: number
  characters: number
}

/** Gathers traces until a block is full. Only a trace that fits no block alone is cut. */
export async function* cutPieces(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<Trace[]> {
  let pieces: Trace[] = []
  let weight: Weight = { spans: 0, items: 0, characters: 0 }
  for await (const batch of batches)
    for (const trace of batch)
      for (const piece of cutTrace(trace)) {
        const own = weightOf(piece.spans)
        if (pieces.length > 0 && !fits(weight, own)) {
          yield pieces
          pieces = []
          weight = { spans: 0, items: 0, characters: 0 }
        }
        pieces.push(piece)
        weight = sum(weight, own)
      }
  if (pieces.length > 0) yield pieces
}

function* cutTrace(trace: Trace): Iterable<Trace> {
  const whole = weightOf(trace.spans)
  if (fits(whole, { spans: 0, items: 0, characters: 0 })) return yield trace
  let spans: Span[] = []
  let weight: Weight = { spans: 0, items: 0, characters: 0 }
  for (const span of trace.spans) {
    const own = weightOf([span])
    if (own.items > maxBlockItems)
      throw new LabError(
        'unsupported',
        `trace ${trace.traceId}: a span with ${own.items} fields, a block holds ${maxBlockItems}`,
      )
    if (spans.length > 0 && !fits(weight, own)) {
      yield { traceId: trace.traceId, spans }
      spans = []
      weight = { spans: 0, items: 0, characters: 0 }
    }
    spans.push(span)
    weight = sum(weight, own)
  }
  yield { traceId: trace.traceId, spans }
}

function fits(a: Weight, b: Weight): boolean {
  const { spans, items, characters } = sum(a, b)
  return spans <= maxBlockSpans && items <= maxBlockItems && characters <= maxBlockCharacters
}

function sum(a: Weight, b: Weight): Weight {
  return { spans: a.spans + b.spans, items: a.items + b.items, characters: a.characters + b.characters }
}

/** Items are spans, events, links, their attributes, and room for their special fields. */
function weightOf(spans: readonly Span[]): Weight {
  const weight = { spans: spans.length, items: 0, characters: 0 }
  for (const span of spans) {
    weight.characters += span.name.length
    addFields(weight, span.attributes)
    for (const event of span.events) addFields(weight, event.attributes)
    for (const link of span.links) addFields(weight, link.attributes)
  }
  return weight
}

const specialCount = 8

function addFields(weight: Weight, attributes: Attributes): void {
  weight.items += specialCount + attributes.length
  for (const { value } of attributes) if (typeof value === 'string') weight.characters += value.length
}
