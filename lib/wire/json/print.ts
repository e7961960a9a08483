import type { Attributes } from '../../model/trace.ts'

/** Strings longer than this are scanned by JSON.stringify alone. */
const maxScannedLength = 256
const needsEscape = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** A string as JSON, lone surrogates as `\udXXX`: what JSON.stringify gives, faster for short strings. */
export function printString(text: string): string {
  return text.length > maxScannedLength || needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** A finite double with the fewest digits that read back as the same, and always with a point or an exponent. */
export function printDouble(value: number): string {
  if (!Number.isInteger(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return text.includes('e') ? text : `${text}.0`
}

/** An integer of any range as decimal digits. Small ones, which are nearly all, skip the slow road of bigint. */
export function printInteger(value: bigint): string {
  const low = BigInt.asIntN(32, value)
  return low === value ? String(Number(low)) : value.toString()
}

/** A member with a text, or nothing where it is empty. Members begin with a comma. */
export function printText(name: string, text: string): string {
  return text === '' ? '' : `,"${name}":${printString(text)}`
}

/** A member with a number, or nothing where it is 0. */
export function printCount(name: string, count: number): string {
  return count === 0 ? '' : `,"${name}":${count}`
}

/** The members of attributes, by how a list of them is printed. */
export function attributesPrinter(
  printAttributes: (attributes: Attributes) => string,
): (owner: { readonly attributes: Attributes; readonly droppedAttributesCount: number }) => string {
  return ({ attributes, droppedAttributesCount }) => {
    const text = attributes.length === 0 ? '' : `,"attributes":${printAttributes(attributes)}`
    return text + printCount('droppedAttributesCount', droppedAttributesCount)
  }
}

/** An object of members. */
export function braced(members: string): string {
  return `{${members.slice(1)}}`
}
