import { mix32 } from '../../../bytes/hash.ts'
import type { ByteReader } from '../../../bytes/reader.ts'
import { ByteWriter } from '../../../bytes/writer.ts'
import { readTextOf, writeTextTo } from '../../../encodings/texts.ts'
import { LabError } from '../../../error.ts'
import { getOrInsert } from '../../../maps.ts'
import { valueTypes } from '../../../shred/attributes.ts'
import { type Field, type FieldOwner, fieldOwners } from './columns.ts'

/** The attributes of a file, numbered in the order of first use. */
export class FieldTable {
  readonly fields: Field[] = []
  /** Those with values in the columns that rare ones share. */
  readonly rare = new Set<number>()
  readonly #numbers = new Map<string, number>()
  /** By a hash of their fields, whatever the order: the lists that were met first. */
  readonly #lists = new Map<number, (readonly number[])[]>()
  #listCount = 0
  /** By field, zeros between uses. */
  readonly #counts: number[] = []

  number(field: Field): number {
    const name = `${fieldOwners.indexOf(field.owner)}${valueTypes.indexOf(field.type)}${field.key}`
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.fields.push(field) - 1
      this.#numbers.set(name, number)
    }
    return number
  }

  /** The list of the same fields that was met first; a long list itself. */
  usualList(fields: readonly number[]): readonly number[] {
    if (fields.length > maxOrdered) return fields
    if (this.#listCount >= maxLists) {
      this.#lists.clear()
      this.#listCount = 0
    }
    const alike = getOrInsert(this.#lists, hashOfSet(fields), () => [])
    const known = alike.find(list => this.#areAlike(list, fields))
    if (known) return known
    this.#listCount++
    alike.push(fields)
    return fields
  }

  /** True for two lists of the same fields, each as often, in any order. */
  #areAlike(list: readonly number[], fields: readonly number[]): boolean {
    if (list.length !== fields.length) return false
    const counts = this.#counts
    for (let i = 0; i < list.length; i++) counts[list[i]!] = (counts[list[i]!] ?? 0) + 1
    let areAlike = true
    for (let i = 0; i < list.length; i++) {
      const left = (counts[fields[i]!] ?? 0) - 1
      counts[fields[i]!] = left
      if (left < 0) areAlike = false
    }
    for (let i = 0; i < list.length; i++) {
      counts[list[i]!] = 0
      counts[fields[i]!] = 0
    }
    return areAlike
  }
}

function hashOfSet(fields: readonly number[]): number {
  let hash = fields.length
  for (let i = 0; i < fields.length; i++) hash = (hash + mix32(fields[i]!)) | 0
  return hash
}

/** Longer lists are shapes in any order: the bits of a permutation grow faster than its length. */
const maxOrdered = 64
/** Lists that are remembered. */
const maxLists = 1 << 14

/** Writes the fields: owner and type in a byte, the key as a text. */
export function writeFields(out: ByteWriter, fields: readonly Field[]): void {
  out.varint(fields.length)
  const text = new ByteWriter(64)
  for (const { owner, key, type } of fields) {
    out.u8(fieldOwners.indexOf(owner) * 16 + valueTypes.indexOf(type))
    text.clear()
    out.varint(writeTextTo(text, key))
    out.raw(text.view())
  }
}

export function readFields(reader: ByteReader): Field[] {
  return Array.from({ length: reader.count(2) }, () => {
    const head = reader.u8()
    const owner = fieldOwners[head >> 4]
    const type = valueTypes[head & 15]
    if (!owner || !type) return reader.fail('unsupported', `a field of kind ${head}`)
    return { owner, type, key: readTextOf(reader, reader.varint()) }
  })
}

/** A list of fields as a string of bytes, an entry of a dictionary. */
export function printShape(fields: readonly number[]): string {
  const out = new ByteWriter(64)
  for (const field of fields) out.varint(field)
  return out.view().toString('latin1')
}

/** The fields of a shape, all of them of `owner`. */
export function parseShape(text: string, owner: FieldOwner, fields: readonly Field[], subject: string): number[] {
  const shape: number[] = []
  let at = 0
  while (at < text.length) {
    let [field, scale, byte] = [0, 1, 0x80]
    while (byte > 0x7f) {
      if (at === text.length || scale > 2 ** 42) failShape(subject, at, 'a field that does not end')
      byte = text.charCodeAt(at++)
      field += (byte & 0x7f) * scale
      scale *= 128
    }
    if (fields[field]?.owner !== owner) failShape(subject, at, `it names field ${field}, which is not a ${owner}'s`)
    shape.push(field)
  }
  return shape
}

function failShape(subject: string, at: number, message: string): never {
  throw new LabError('corrupt', `${subject} at byte ${at}: ${message}`)
}
