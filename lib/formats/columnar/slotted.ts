import type { Dictionary } from '../../encodings/dictionary.ts'
import { getOrInsert } from '../../maps.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { mix } from './contexts.ts'
import { Prediction } from './prediction.ts'
import { findSlots, maxRemembered, parseTemplate, type SlottedText } from './slots.ts'
import { readText, writeText } from './texts.ts'

/**
 * Strings as templates with slots: which template, which slots repeat a value of their trace, and the values that are
 * new by template and slot. Strings of rare templates are as they are.
 */

/** Columns of fewer distinct values are dictionaries, and those whose values come again so often on average. */
const minDistinct = 24
const maxRepeats = 8
/** Distinct texts that a template has at least. */
const minUses = 4
/** Of the distinct texts, what those of rare templates may be. */
const maxRareShare = 1 / 3
const maxTemplates = 1 << 12

/** Writes and reads strings of a kind: what is new of slots, and those without slots. */
export interface StringCoder {
  write(writer: ColumnWriter, values: readonly string[], prediction: Prediction): void
  read(reader: ColumnReader, name: string, count: number, prediction: Prediction): readonly string[]
}

/** Distinct strings by their templates: by code of the dictionary, 0 for none that is common. */
export interface Slotted {
  readonly templates: readonly string[]
  readonly codes: Uint32Array
  readonly slots: readonly (readonly string[])[]
}

/** Undefined where templates are too many, or too few texts are of one. */
export function findSlotted({ values }: Dictionary<string>, rowCount: number): Slotted | undefined {
  if (values.length < minDistinct || values.length * maxRepeats < rowCount) return undefined
  const found = values.map(findSlots)
  const uses = new Map<string, number>()
  for (const text of found) if (text) uses.set(text.template, (uses.get(text.template) ?? 0) + 1)
  const common = [...uses].filter(([, count]) => count >= minUses).map(([template]) => template)
  const covered = common.reduce((sum, template) => sum + uses.get(template)!, 0)
  if (covered < values.length * (1 - maxRareShare) || common.length > maxTemplates) return undefined
  const codeOf = new Map(common.map((template, i) => [template, i + 1]))
  const codes = Uint32Array.from(found, text => (text && codeOf.get(text.template)) ?? 0)
  return { templates: common, codes, slots: found.map((text?: SlottedText) => text?.slots ?? []) }
}

/** Slots of all rows in order: of which row, which template and which of its slots. */
interface SlotRows {
  readonly rows: number[]
  readonly keys: number[]
  readonly types: string[]
}

/** A number for each slot of each template. */
function keyOf(template: number, slot: number): number {
  return template * 64 + slot
}

export function writeSlotted(
  writer: ColumnWriter,
  rowCodes: Uint32Array,
  values: readonly string[],
  slotted: Slotted,
  prediction: Prediction,
  strings: StringCoder,
): void {
  const { head } = writer
  head.varint(slotted.templates.length)
  for (const template of slotted.templates) writeText(writer, template)
  const codes = rowCodes.map(code => slotted.codes[code]!)
  writeCodes(writer, codes, slotted.templates.length + 1, prediction)
  const { rows, keys, types } = slotRowsOf(codes, slotted.templates)
  const plain = prediction.withoutTraces()
  const rare = rowsWhere(codes, code => code === 0)
  strings.write(
    writer,
    Array.from(rare, row => values[row]!),
    plain.at(rare),
  )
  const traces = prediction.traces()!
  const texts =
    rows.length === 0 ? [] : [...rowCodes].flatMap((code, row) => (codes[row] === 0 ? [] : slotted.slots[code]!))
  const places = Uint32Array.from(texts, (text, i) => writer.slots.find(traces[rows[i]!]!, types[i]!, text))
  writeCodes(writer, places, maxRemembered + 1, slotPrediction(prediction, rows, keys))
  for (const slots of newByKey(places, keys))
    strings.write(
      writer,
      slots.map(slot => texts[slot]!),
      plain.at(slots.map(slot => rows[slot]!)),
    )
  writer.slotCount += texts.length
}

export function readSlotted(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  strings: StringCoder,
): string[] {
  const fail = reader.failing(name)
  const traces = prediction.traces() ?? fail('slots in a file without templates')
  const size = reader.tableSize(count)
  if (size > maxTemplates) fail(`${size} templates`)
  const templates = Array.from({ length: size }, () => readText(reader))
  const parsed = templates.map(template => parseTemplate(template) ?? fail('a template without slots'))
  const codes = readCodes(reader, `${name}: template`, count, size + 1, prediction)
  for (const code of codes) if (code > 0) reader.spend(parsed[code - 1]!.types.length)
  const { rows, keys, types } = slotRowsOf(codes, templates)
  const plain = prediction.withoutTraces()
  const rare = rowsWhere(codes, code => code === 0)
  const whole = strings.read(reader, `${name}: rare`, rare.length, plain.at(rare))
  const places = readCodes(
    reader,
    `${name}: slots`,
    rows.length,
    maxRemembered + 1,
    slotPrediction(prediction, rows, keys),
  )
  const texts = new Array<string>(rows.length)
  for (const slots of newByKey(places, keys)) {
    const read = strings.read(reader, `${name}: new`, slots.length, plain.at(slots.map(slot => rows[slot]!)))
    for (const [i, slot] of slots.entries()) texts[slot] = read[i]!
  }
  for (let i = 0; i < texts.length; i++) {
    const trace = traces[rows[i]!]!
    if (places[i] === 0) reader.slots.add(trace, types[i]!, texts[i]!)
    else texts[i] = reader.slots.take(trace, types[i]!, places[i]!) ?? fail(`slot ${i} repeats what its trace lacks`)
  }
  let [next, nextRare] = [0, 0]
  return Array.from(codes, code => {
    if (code === 0) return whole[nextRare++]!
    const { literals } = parsed[code - 1]!
    let text = literals[0]!
    for (let slot = 1; slot < literals.length; slot++) text += texts[next++]! + literals[slot]!
    reader.spendText(text.length)
    return text
  })
}

function slotRowsOf(codes: Uint32Array, templates: readonly string[]): SlotRows {
  const parsed = templates.map(template => parseTemplate(template)!.types)
  const found: SlotRows = { rows: [], keys: [], types: [] }
  for (const [row, code] of codes.entries())
    if (code > 0)
      for (const [slot, type] of parsed[code - 1]!.entries()) {
        found.rows.push(row)
        found.keys.push(keyOf(code, slot))
        found.types.push(type)
      }
  return found
}

function rowsWhere(codes: Uint32Array, is: (code: number) => boolean): number[] {
  const rows: number[] = []
  for (const [row, code] of codes.entries()) if (is(code)) rows.push(row)
  return rows
}

/** The slots whose values are new, by template and slot, in the order in which these first have one. */
function newByKey(places: Uint32Array, keys: readonly number[]): number[][] {
  const byKey = new Map<number, number[]>()
  for (const [slot, place] of places.entries())
    if (place === 0) getOrInsert(byKey, keys[slot]!, (): number[] => []).push(slot)
  return [...byKey.values()]
}

/** Places among the values of the trace: from the slot, and what is known of its row. */
function slotPrediction(prediction: Prediction, rows: readonly number[], keys: readonly number[]): Prediction {
  const count = rows.length
  const nothing = new Uint32Array(count)
  const own = Uint32Array.from(keys, key => mix(0, key))
  const [names, places, traces] = [
    prediction.known(1),
    prediction.known(prediction.knownCount - 1),
    prediction.traces()!,
  ]
  const named = own.map((key, i) => mix(key, names[rows[i]!]!))
  const placed = own.map((key, i) => mix(key, places[rows[i]!]!))
  return new Prediction({
    chains: [
      [
        { known: placed, history: 0, isChecked: true },
        { known: named, history: 1 },
        { known: named, history: 0 },
        { known: own, history: 0 },
      ],
    ],
    known: [nothing, own, named, placed],
    groups: Uint32Array.from(rows, row => traces[row]!),
  })
}
