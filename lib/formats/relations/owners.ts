import type { Attribute, Attributes, Value } from '../../model/trace.ts'
import type { BodyReader } from './body.ts'
import type { StoredNode, StoredNodes } from './node-table.ts'
import { type Echoes, fieldCode } from './nodes.ts'
import type { StoredFields, StoredTables } from './read-tables.ts'
import { specials } from './special.ts'

const uint32Max = 2 ** 32 - 1

/** The special fields of a span, event or link, with their defaults. */
interface SpecialFields {
  traceState: string
  statusMessage: string
  flags: number
  droppedAttributesCount: number
  droppedEventsCount: number
  droppedLinksCount: number
}

interface Fields {
  readonly attributes: Attributes
  readonly specials: Readonly<SpecialFields>
}

/** A prepared node: constants are in place, and `varying` names the rest. */
interface Prepared {
  readonly attributes: readonly Attribute[]
  readonly specials: Readonly<SpecialFields>
  /** The index among the attributes, or -1 - the special field, with the column and the key. */
  readonly varying: readonly { place: number; column: number; key: string }[]
  /** The fields, where none varies. */
  readonly whole: Fields | undefined
}

const defaults: SpecialFields = {
  traceState: '',
  statusMessage: '',
  flags: 0,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
}

/** Puts together the attributes and special fields of one kind of owners, in the order of the file. */
export class OwnerReader {
  readonly #body: BodyReader
  readonly #tables: StoredTables
  readonly #nodes: StoredNodes
  readonly #fields: StoredFields
  readonly #next: Uint32Array
  readonly #prepared: (Prepared | undefined)[] = []
  readonly #echoes: (node: StoredNode) => Echoes

  constructor(
    body: BodyReader,
    tables: StoredTables,
    nodes: StoredNodes,
    fields: StoredFields,
    echoes: (node: StoredNode) => Echoes,
  ) {
    this.#body = body
    this.#tables = tables
    this.#nodes = nodes
    this.#fields = fields
    this.#next = new Uint32Array(fields.columns.length)
    this.#echoes = echoes
  }

  /** The fields of the next owner, which has this node. */
  next(node: number): Fields {
    const prepared = this.#prepared[node] ?? this.#prepare(node)
    if (prepared.whole !== undefined) return prepared.whole
    const attributes = prepared.attributes.slice()
    const own = { ...prepared.specials }
    for (const { place, column, key } of prepared.varying) {
      const value = this.#fields.columns[column]![this.#next[column]!++]!
      if (place >= 0) attributes[place] = { key, value }
      else this.#setSpecial(own, -1 - place, value)
    }
    return { attributes: this.#ordered(attributes, node), specials: own }
  }

  #prepare(id: number): Prepared {
    const node = this.#nodes.nodes[id]!
    const attributes: Attribute[] = []
    const own = { ...defaults }
    const varying: { place: number; column: number; key: string }[] = []
    node.columns.forEach((column, field) => {
      const { key } = this.#nodes.columns[column]!
      const code = node.codes[field]!
      const place = typeof key === 'number' ? -1 - key : attributes.length
      const value = code === fieldCode.varying ? null : this.#constant(node, code)
      if (code === fieldCode.varying) varying.push({ place, column, key: String(key) })
      if (typeof key === 'string') attributes.push({ key, value })
      else if (code !== fieldCode.varying) this.#setSpecial(own, key, value)
    })
    const isWhole = varying.length === 0 && this.#fields.orders[node.shape] === undefined
    const whole = isWhole ? { attributes, specials: own } : undefined
    const prepared = { attributes, specials: own, varying, whole }
    this.#prepared[id] = prepared
    return prepared
  }

  #constant(node: StoredNode, code: number): Value {
    if (code >= fieldCode.firstConstant) return this.#tables.constants[code - fieldCode.firstConstant]!
    const { name, service } = this.#echoes(node)
    const value = code === fieldCode.name ? name : service
    return value ?? this.#body.fail('a field repeats a name or service that its node does not have')
  }

  #setSpecial(own: SpecialFields, special: number, value: Value): void {
    const { name, type } = specials[special]!
    if (type === 'string') own[name] = typeof value === 'string' ? value : this.#body.fail(`${name} is no string`)
    else if (typeof value === 'bigint' && value >= 0n && value <= uint32Max) own[name] = Number(value)
    else this.#body.fail(`${name} is not an unsigned 32-bit number`)
  }

  #ordered(attributes: Attribute[], node: number): Attributes {
    const own = this.#fields.orders[this.#nodes.nodes[node]!.shape]
    if (own === undefined) return attributes
    return Array.from(own.orders[own.places[own.next++]!]!, place => attributes[place]!)
  }
}
