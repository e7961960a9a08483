import { type Attributes, isKeyValueList, type Value, valueType } from '../../lib/model/trace.ts'
import { mix } from './count-table.ts'
import { NumberModel } from './number-model.ts'
import { bitsOf, contextOf, SymbolModel } from './symbol-model.ts'
import { TextModel } from './text-model.ts'

/** The symbol of a value that equals the name of its span. */
const sameAsName = 1
const newKindBits = 3
const view = new DataView(new ArrayBuffer(8))

/** Where a value stands: numbers that tell apart its surroundings. */
export interface Place {
  /** What the value belongs to: a span's name, an event's, or a constant for resources. */
  owner: number
  ownerText: string
  /** Symbols of the values that came before in this trace, by key. */
  before: Map<number, number>
}

/** Costs of attribute lists: the keys as one symbol, then each value given its key, its owner and the value before. */
export class ValueModel {
  readonly texts = new TextModel()
  readonly #idOf: (text: string) => number
  readonly #keyLists = new SymbolModel()
  readonly #keySets = new SymbolModel()
  readonly #keys = new SymbolModel()
  readonly #values = new SymbolModel()
  readonly #kinds = new SymbolModel()
  readonly #numbers = new NumberModel()
  readonly #bytes = new SymbolModel()

  constructor(idOf: (text: string) => number) {
    this.#idOf = idOf
  }

  /** Bits of the keys and their order. */
  keyCost(attributes: Attributes, owner: number, group: number): number {
    const keys = attributes.map(({ key }) => this.#idOf(key))
    const bits = bitsOf(this.#keyLists.take(symbolOfKeys(keys), contextOf(owner, group), owner))
    if (!this.#keyLists.isNew) return bits
    const sorted = [...keys].sort((a, b) => a - b)
    const setBits = bitsOf(this.#keySets.take(symbolOfKeys(sorted), owner, 0))
    if (!this.#keySets.isNew) return bits + setBits + orderBits(keys.length)
    return bits + setBits + this.#newKeysCost(attributes, keys)
  }

  #newKeysCost(attributes: Attributes, keys: readonly number[]): number {
    let bits = bitsOf(this.#numbers.take(keys.length, 1, 1))
    for (let i = 0; i < keys.length; i++) {
      bits += bitsOf(this.#keys.take(keys[i], i === 0 ? 0 : keys[i - 1], 0))
      if (this.#keys.isNew) bits += this.texts.cost(attributes[i].key, 0)
    }
    return bits
  }

  /** Bits of one value; `key` is its interned key. */
  cost(key: number, value: Value, place: Place): number {
    const { owner, before } = place
    const symbol = value === place.ownerText ? sameAsName : this.#symbolOf(value)
    const last = before.get(key) ?? 0
    before.set(key, symbol)
    const bits = bitsOf(this.#values.take(symbol, contextOf(key, owner, last), contextOf(key, owner), key))
    return this.#values.isNew && symbol !== sameAsName ? bits + this.#newCost(key, value, place) : bits
  }

  #symbolOf(value: Value): number {
    switch (typeof value) {
      case 'string':
        return contextOf(2, this.#idOf(value))
      case 'boolean':
        return value ? 2 : 3
      case 'bigint':
        return contextOf(3, Number(BigInt.asIntN(32, value)), Number(value >> 32n))
      case 'number':
        view.setFloat64(0, value)
        return contextOf(4, view.getInt32(0), view.getInt32(4))
    }
    if (value === null) return 4
    return contextOf(5, this.#idOf(printObject(value)))
  }

  #newCost(key: number, value: Value, place: Place): number {
    const kind = valueType(value)
    const kindSymbol = kind.charCodeAt(0) + kind.length * 256
    const bits = bitsOf(this.#kinds.take(kindSymbol, key, 0)) + (this.#kinds.isNew ? newKindBits : 0)
    if (typeof value === 'string') return bits + this.texts.cost(value, key)
    if (typeof value === 'boolean' || value === null) return bits
    if (typeof value === 'bigint') return bits + this.#numberCost(Number(value), key, 2)
    if (typeof value === 'number') return bits + this.#doubleCost(value, key)
    return bits + this.#objectCost(key, value, place)
  }

  /** A whole number by size, another by sign and exponent with the mantissa down to its last one. */
  #doubleCost(value: number, key: number): number {
    if (Number.isSafeInteger(value)) return this.#numberCost(value, key, 3)
    view.setFloat64(0, value)
    const mantissa = view.getBigUint64(0) & 0xfffffffffffffn
    const zeros = mantissa === 0n ? 52 : mantissa.toString(2).length - mantissa.toString(2).lastIndexOf('1') - 1
    return this.#numberCost(view.getUint16(0) >> 4, key, 4) + this.#numberCost(zeros, key, 5) + 52 - zeros
  }

  #objectCost(key: number, value: Exclude<Value, string | boolean | bigint | number | null>, place: Place): number {
    if (value instanceof Uint8Array) return this.#bytesCost(key, value)
    const inner = { ...place, before: new Map<number, number>() }
    if (isKeyValueList(value)) return this.listCost(value.entries, inner, key).total
    let bits = this.#numberCost(value.length, key, 6)
    for (const item of value) bits += this.cost(contextOf(key, 1), item, inner)
    return bits
  }

  #bytesCost(key: number, bytes: Uint8Array): number {
    let bits = this.#numberCost(bytes.length, key, 7)
    for (const byte of bytes) bits += bitsOf(this.#bytes.take(byte, key, 0)) + (this.#bytes.isNew ? 8 : 0)
    return bits
  }

  #numberCost(value: number, key: number, kind: number): number {
    return bitsOf(this.#numbers.take(value, contextOf(key, kind), kind))
  }

  /** Bits of a whole list, keys and values. */
  listCost(attributes: Attributes, place: Place, group: number): { keys: number; total: number } {
    const keys = this.keyCost(attributes, place.owner, group)
    let total = keys
    for (const { key, value } of attributes) total += this.cost(this.#idOf(key), value, place)
    return { keys, total }
  }
}

function symbolOfKeys(keys: readonly number[]): number {
  let symbol = keys.length
  for (const key of keys) symbol = mix(symbol, key)
  return symbol
}

/** Bits of one order of so many keys. */
function orderBits(count: number): number {
  let bits = 0
  for (let i = 2; i <= count; i++) bits += Math.log2(i)
  return bits
}

/** A text that is the same for equal values and only for them. */
function printObject(value: Value): string {
  if (value === null) return 'n'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return `${typeof value}${Object.is(value, -0) ? '-0' : value}`
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (isKeyValueList(value)) return printList(value.entries)
  return `[${value.map(printObject)}]`
}

/** The same for a list of attributes. */
export function printList(attributes: Attributes): string {
  return `{${attributes.map(({ key, value }) => `${JSON.stringify(key)}:${printObject(value)}`)}}`
}
