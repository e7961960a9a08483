import { packStrings, unpackStrings } from '../../encodings/strings.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readRows, writeRows } from './rows.ts'
import { maxSlots, printSlots, type Slot, slotKinds, splitText, type Template } from './template.ts'

const how = { plain: 0, templates: 1 } as const

/** Writes strings one after another, or as templates with numbers and hex digits in them. The reader knows how many. */
export function writeTexts(body: BodyWriter, part: string, texts: readonly string[]): void {
  if (texts.length === 0) return
  const candidates = [(to: BodyWriter) => writePlain(to, part, texts)]
  for (const hexFirst of [true, false]) {
    const split = splitAll(texts, hexFirst)
    if (split !== undefined) candidates.push(to => writeTemplates(to, part, split))
  }
  body.choose(candidates)
}

export function readTexts(body: BodyReader, part: string, count: number): string[] {
  if (count === 0) return []
  return body.number(how.templates) === how.plain ? readPlain(body, part, count) : readTemplates(body, part, count)
}

function writePlain(body: BodyWriter, part: string, texts: readonly string[]): void {
  const { lengths, bytes } = packStrings(texts)
  body.number(how.plain)
  writeNumbers(body, part, lengths)
  body.bytes(part, Uint8Array.from(bytes))
}

function readPlain(body: BodyReader, part: string, count: number): string[] {
  const lengths = readNumbers(body, part, count)
  const bytes = body.bytes(part, body.sum(lengths, 0))
  return unpackStrings({ lengths: Uint32Array.from(lengths), bytes })
}

/** The template of each text, and for each template what fills its slots, text by text. */
interface Split {
  places: number[]
  templates: Template[]
  slots: string[][][]
}

function splitAll(texts: readonly string[], hexFirst: boolean): Split | undefined {
  const limit = Math.max(4, texts.length >> 3)
  const known = new Map<string, number>()
  const split: Split = { places: [], templates: [], slots: [] }
  for (const text of texts) {
    const found = splitText(text, hexFirst)
    if (found === undefined) return undefined
    let place = known.get(found.name)
    if (place === undefined) {
      if (known.size >= limit) return undefined
      place = known.size
      known.set(found.name, place)
      split.templates.push(found.template)
      split.slots.push(found.template.slots.map(() => []))
    }
    split.places.push(place)
    for (const [i, values] of split.slots[place]!.entries()) values.push(found.values[i]!)
  }
  return split
}

function writeTemplates(body: BodyWriter, part: string, { places, templates, slots }: Split): void {
  body.number(how.templates)
  body.number(templates.length)
  writeNumbers(body, part, places)
  templates.forEach((template, place) => {
    body.number(template.slots.length)
    for (const text of template.literals) body.text(text)
    template.slots.forEach((slot, i) => {
      body.number(slotKinds.indexOf(slot.kind))
      body.number(slot.width)
      writeSlot(body, part, slot, slots[place]![i]!)
    })
  })
}

function writeSlot(body: BodyWriter, part: string, { kind, width }: Slot, values: readonly string[]): void {
  if (kind === 'number') return writeNumbers(body, part, Float64Array.from(values, Number))
  const digits = values.map(value => (width % 2 === 0 ? value : `${value}0`)).join('')
  writeRows(body, part, Buffer.from(digits, 'hex'), (width + 1) >> 1)
}

function readTemplates(body: BodyReader, part: string, count: number): string[] {
  const templateCount = body.number(count, 1)
  const places = readNumbers(body, part, count)
  const counts = new Uint32Array(templateCount)
  for (const place of places) {
    if (!(place >= 0 && place < templateCount)) body.fail(`template ${place} of ${templateCount}`)
    counts[place]!++
  }
  const texts = Array.from(counts, textCount => readTemplate(body, part, textCount))
  const next = new Uint32Array(templateCount)
  return Array.from(places, place => texts[place]![next[place]!++]!)
}

function readTemplate(body: BodyReader, part: string, count: number): string[] {
  const slotCount = body.number(maxSlots)
  const literals = Array.from({ length: slotCount + 1 }, () => body.text())
  const slots = Array.from({ length: slotCount }, () => readSlot(body, part, count))
  return Array.from({ length: count }, (_, i) => printSlots(literals, slots, i))
}

function readSlot(body: BodyReader, part: string, count: number): string[] {
  const kind = slotKinds[body.number(slotKinds.length - 1)]!
  const width = body.number(maxSlotWidth)
  if (kind === 'number')
    return Array.from(readNumbers(body, part, count), value =>
      value < 0 ? body.fail(`a number ${value} in a text`) : String(value).padStart(width, '0'),
    )
  const byteLength = (width + 1) >> 1
  if (byteLength === 0) body.fail('hex of no digits')
  const digits = readRows(body, part, count, byteLength).toString('hex')
  return Array.from({ length: count }, (_, i) => {
    const hex = digits.slice(2 * byteLength * i, 2 * byteLength * i + width)
    return kind === 'hex' ? hex : dashed(hex, body)
  })
}

/** The longest run of hex digits that one slot takes. */
const maxSlotWidth = 128

function dashed(hex: string, body: BodyReader): string {
  if (hex.length !== 32) body.fail(`a UUID of ${hex.length} digits`)
  return [0, 8, 12, 16, 20].map((start, i) => hex.slice(start, [8, 12, 16, 20, 32][i])).join('-')
}
