import type { Attribute, Span, Trace, Value } from '../../lib/model/trace.ts'
import { drawsOf } from './draws.ts'
import { span } from './nasty.ts'

/** Traces whose long texts repeat each other, each in another way, drawn with a seed. */

/** How the spans of a trace come to their texts. */
export const repetitions = [
  'conversations that grow',
  'windows that slide',
  'documents under several keys and types',
  'texts between which nothing repeats',
  'the same bytes over and over',
  'texts of no words',
  'texts of events, links and rare keys',
] as const
export type Repetition = (typeof repetitions)[number]

type Draw = () => number

const letters = ['abcdefgh', 'éüßæ', '文字列模型', '\ud83d\ude00\ud800', '{}[]":,\\ ']

export function longTexts(repetition: Repetition, seed: number, traceCount = 4, spanCount = 12): Trace[] {
  const draw = drawsOf(seed)
  const words = Array.from({ length: 300 }, (_, i) => word(draw, letters[i % 20 < 16 ? 0 : (i % 4) + 1]!))
  const system = sentence(draw, words, 300)
  return Array.from({ length: traceCount }, (_, trace) => {
    const said = [system]
    return {
      traceId: (trace + 1).toString(16).padStart(32, '0'),
      spans: Array.from({ length: spanCount }, (_, row) => {
        said.push(sentence(draw, words, 40 + Math.floor(draw() * 200)))
        return spanOf(trace, row, attributesOf(repetition, draw, words, said, row))
      }),
    }
  })
}

function attributesOf(repetition: Repetition, draw: Draw, words: readonly string[], said: string[], row: number) {
  const text = JSON.stringify(said.map(content => ({ role: 'user', content })))
  const last = said.at(-1)!
  const attributes = (values: Record<string, Value>): Attribute[] =>
    Object.entries(values).map(([key, value]) => ({ key, value }))
  switch (repetition) {
    case 'conversations that grow':
      return attributes({ input: text, output: `[${JSON.stringify(last)}]`, short: row % 3 === 0 ? '' : 'x' })
    case 'windows that slide':
      return attributes({ input: JSON.stringify([said[0], ...said.slice(-6)]) })
    case 'documents under several keys and types': {
      const bytes = Uint8Array.from(Buffer.from(text))
      const list = said.slice(-8)
      const map = { entries: [{ key: 'all', value: list }] }
      return attributes({ input: text, output: row % 2 === 0 ? text : list, bytes, map })
    }
    case 'texts between which nothing repeats':
      return attributes({ input: sentence(draw, words, 700).normalize('NFD') })
    case 'the same bytes over and over':
      return attributes({ input: 'ab'.repeat(3000 + row * 7), output: '\0'.repeat(5000 + Math.floor(draw() * 9000)) })
    case 'texts of no words':
      return attributes({ input: Buffer.from(text).toString('base64'), output: row % 4 === 0 ? '' : text.slice(row) })
    default:
      return row % 2 === 0 ? [] : attributes({ [`rare ${Math.floor(draw() * 40)}`]: text, input: text })
  }
}

function spanOf(trace: number, row: number, attributes: Attribute[]): Span {
  const idOf = (place: number) => (trace * 1000 + place).toString(16).padStart(16, '0')
  const startNanos = 1_790_000_000_000_000_000n + BigInt(trace * 1_000_000 + row * 1000)
  const owner = { attributes, droppedAttributesCount: 0 }
  const isAround = attributes.some(({ key }) => key.startsWith('rare'))
  return span({
    ...owner,
    spanId: idOf(row + 1),
    parentSpanId: row === 0 ? '' : idOf(row),
    startNanos,
    endNanos: startNanos + 900n,
    events: isAround ? [{ ...owner, timeNanos: startNanos, name: 'message' }] : [],
    links: isAround ? [{ ...owner, traceId: '1'.repeat(32), spanId: idOf(1), traceState: '', flags: 0 }] : [],
  })
}

function word(draw: Draw, alphabet: string): string {
  return Array.from({ length: 2 + Math.floor(draw() * 8) }, () => alphabet[Math.floor(draw() * alphabet.length)]).join(
    '',
  )
}

function sentence(draw: Draw, words: readonly string[], count: number): string {
  return Array.from({ length: count }, () => words[Math.floor(draw() ** 2 * words.length)]).join(' ')
}
