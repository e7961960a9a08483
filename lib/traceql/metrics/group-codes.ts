import { type Cell, cellOf, fieldVector, type Pool, Tag } from '../engine/vector.ts'
import type { Part, View } from '../engine/view.ts'
import type { Field } from '../language/ast.ts'

/** A group by span: its code, below `count`, and by code the values of all fields. Not every code need occur. */
export interface GroupCodes {
  readonly codes: Uint32Array
  readonly count: number
  cells(code: number): readonly Cell[]
}

const nilCell: Cell = { tag: Tag.nil, number: 0 }

let someZeros = new Uint32Array(0)

/** The codes of spans that are all of one group: never written to, and so the same for every batch. */
function zeros(count: number): Uint32Array {
  if (someZeros.length < count) someZeros = new Uint32Array(count)
  return someZeros.subarray(0, count)
}

/** Groups spans by the values of the fields, in their order; what is missing is nil. */
export function groupCodes(view: View, fields: readonly Field[], pool: Pool): GroupCodes {
  const [first, ...others] = fields
  if (first === undefined) return { codes: zeros(view.spanCount), count: 1, cells: () => [] }
  let groups = fieldCodes(view, first, pool)
  for (const field of others) groups = combine(groups, fieldCodes(view, field, pool))
  return groups
}

function fieldCodes(view: View, field: Field, pool: Pool): GroupCodes {
  const parts = view.parts(field)
  return parts.every(isCoded) ? codesOfDictionaries(view, parts, pool) : codesOfValues(view, field, pool)
}

function isCoded({ owner, data, unless }: Part): boolean {
  return owner === 'span' && unless === undefined && 'codes' in data.values
}

/** Dictionary codes as they are where one dictionary has a value for every span; else code 0 is nil. */
function codesOfDictionaries(view: View, parts: readonly Part[], pool: Pool): GroupCodes {
  const [only] = parts
  if (parts.length === 1 && only!.data.rows === undefined && 'codes' in only!.data.values) {
    const { codes, dictionary } = only!.data.values
    return { codes, count: dictionary.length, cells: code => [cellOf(dictionary[code]!, only!.flavour, pool)] }
  }
  const codes = new Uint32Array(view.spanCount)
  const firsts: number[] = []
  let count = 1
  for (const { data } of parts) {
    firsts.push(count)
    if (!('codes' in data.values)) continue
    const { rows } = data
    const own = data.values.codes
    for (let i = 0; i < own.length; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (codes[row] === 0) codes[row] = count + own[i]!
    }
    count += data.values.dictionary.length
  }
  return { codes, count, cells: code => (code === 0 ? [nilCell] : [partCell(code, parts, firsts, pool)]) }
}

function partCell(code: number, parts: readonly Part[], firsts: readonly number[], pool: Pool): Cell {
  const place = firsts.findLastIndex(first => first <= code)
  const { data, flavour } = parts[place]!
  return 'codes' in data.values ? cellOf(data.values.dictionary[code - firsts[place]!]!, flavour, pool) : nilCell
}

function codesOfValues(view: View, field: Field, pool: Pool): GroupCodes {
  const { tags, numbers } = fieldVector(view, field, pool)
  const codes = new Uint32Array(view.spanCount)
  const keys: Cell[][] = [[nilCell]]
  const known = new Map<number, Map<number, number>>()
  for (let row = 0; row < codes.length; row++) {
    const tag = tags[row]!
    if (tag === Tag.nil) continue
    let byNumber = known.get(tag)
    if (byNumber === undefined) {
      byNumber = new Map()
      known.set(tag, byNumber)
    }
    const number = numbers[row]!
    let code = byNumber.get(number)
    if (code === undefined) {
      code = keys.length
      byNumber.set(number, code)
      keys.push([{ tag, number }])
    }
    codes[row] = code
  }
  return { codes, count: keys.length, cells: code => keys[code]! }
}

function combine(a: GroupCodes, b: GroupCodes): GroupCodes {
  const codes = new Uint32Array(a.codes.length)
  const pairs: (readonly [number, number])[] = []
  const known = new Map<number, number>()
  for (let row = 0; row < codes.length; row++) {
    const pair = a.codes[row]! * b.count + b.codes[row]!
    let code = known.get(pair)
    if (code === undefined) {
      code = pairs.length
      known.set(pair, code)
      pairs.push([a.codes[row]!, b.codes[row]!])
    }
    codes[row] = code
  }
  return { codes, count: pairs.length, cells: code => [...a.cells(pairs[code]![0]), ...b.cells(pairs[code]![1])] }
}
