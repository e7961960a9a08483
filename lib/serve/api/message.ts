import { WireWriter } from '../../wire/protobuf/writer.ts'

/** The fields of a protobuf message whose values are those of its JSON: 64-bit numbers are decimal text there. */
export interface Schema {
  /** By name, as they follow each other in JSON, and by their numbers. */
  readonly named: readonly NamedField[]
  readonly numbered: readonly NamedField[]
}

type NamedField = readonly [name: string, field: Field]

export function schemaOf(fields: Readonly<Record<string, Field>>): Schema {
  const named = Object.entries(fields)
  return { named, numbered: named.toSorted(([, a], [, b]) => a.number - b.number) }
}

type Kind = 'text' | 'base64' | 'bool' | 'varint' | 'double' | 'raw' | (() => Schema)

interface Field {
  readonly number: number
  readonly kind: Kind
  /** `map` by key; of a choice a value is written where it is there, be it zero. */
  readonly form: 'one' | 'list' | 'map' | 'choice'
}

export const one = (number: number, kind: Kind): Field => ({ number, kind, form: 'one' })
export const list = (number: number, kind: Kind): Field => ({ number, kind, form: 'list' })
export const map = (number: number, kind: Kind): Field => ({ number, kind, form: 'map' })
export const choice = (number: number, kind: Kind): Field => ({ number, kind, form: 'choice' })

const numericWireType = { varint: 0, bool: 0, double: 1 } as const

/** A message as protobuf: fields by their numbers, zeros left out. What the schema does not name is not written. */
export function encodeMessage(schema: Schema, message: object): Uint8Array {
  const out = new WireWriter()
  writeFields(out, schema, message)
  return out.take()
}

/** A message as JSON: fields in the order of the schema, zeros left out but for those of a choice; lists always stand. */
export function printMessage(schema: Schema, message: object): string {
  let text = ''
  for (const [name, { kind, form }] of schema.named) {
    const value: unknown = (message as Record<string, unknown>)[name]
    if (value === undefined || (form === 'one' && isZero(kind, value))) continue
    text += `${text === '' ? '{' : ','}"${name}":`
    if (form === 'list') text += `[${(value as readonly unknown[]).map(item => printValue(kind, item)).join(',')}]`
    else if (form === 'map') text += printMap(kind, value as object)
    else text += printValue(kind, value)
  }
  return text === '' ? '{}' : `${text}}`
}

function printMap(kind: Kind, entries: object): string {
  const members = Object.entries(entries).map(([key, value]) => `${JSON.stringify(key)}:${printValue(kind, value)}`)
  return `{${members.join(',')}}`
}

function printValue(kind: Kind, value: unknown): string {
  return typeof kind === 'function' ? printMessage(kind(), value as object) : JSON.stringify(value)
}

function writeFields(out: WireWriter, schema: Schema, message: object): void {
  for (const [name, field] of schema.numbered) {
    const value: unknown = (message as Record<string, unknown>)[name]
    if (value === undefined) continue
    if (field.form === 'list') for (const item of value as readonly unknown[]) writeValue(out, field, item)
    else if (field.form === 'map')
      for (const [key, item] of Object.entries(value as object)) {
        const start = out.begin(tagOf(field.number, 2))
        out.text(tagOf(1, 2), key)
        writeValue(out, { ...field, number: 2 }, item)
        out.end(start)
      }
    else if (field.form === 'choice' || !isZero(field.kind, value)) writeValue(out, field, value)
  }
}

/** A number may be written as text; a text of a zero is not empty. */
function isZero(kind: Kind, value: unknown): boolean {
  return value === 0 || value === '' || value === false || (kind === 'varint' && value === '0')
}

function writeValue(out: WireWriter, { number, kind }: Field, value: unknown): void {
  if (typeof kind === 'function') {
    const start = out.begin(tagOf(number, 2))
    writeFields(out, kind(), value as object)
    return out.end(start)
  }
  const tag = tagOf(number, kind in numericWireType ? numericWireType[kind as keyof typeof numericWireType] : 2)
  switch (kind) {
    case 'text':
      return out.text(tag, value as string)
    case 'base64':
      return out.bytes(tag, Buffer.from(value as string, 'base64'))
    case 'raw':
      return out.bytes(tag, value as Uint8Array)
    case 'bool':
      return out.uint32(tag, value === true ? 1 : 0)
    case 'double':
      return out.double(tag, Number(value))
    case 'varint':
      return out.int64(tag, BigInt(value as string | number))
  }
}

function tagOf(number: number, wireType: number): number {
  return number * 8 + wireType
}
