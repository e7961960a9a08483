import { createHash } from 'node:crypto'
import { isKeyValueList, type Value } from '../../../lib/model/trace.ts'

/** The number of distinct values; where `isCapped`, at least so many. */
export interface Distinct {
  count: number
  isCapped: boolean
}

const longest = 60

/** Counts distinct values by remembering them, up to a cap. */
export class DistinctSet {
  readonly #seen = new Set<Value>()
  readonly #cap: number

  constructor(cap: number) {
    this.#cap = cap
  }

  add(value: Value): void {
    if (this.#seen.size >= this.#cap) return
    this.#seen.add(typeof value === 'string' || typeof value === 'object' ? shortened(value) : value)
  }

  distinct(): Distinct {
    return { count: this.#seen.size, isCapped: this.#seen.size >= this.#cap }
  }
}

/** Strings stand for themselves, long ones and everything composed for their digest. */
function shortened(value: Value): Value {
  const text = typeof value === 'string' ? value : `\0${printComposed(value)}`
  return text.length <= longest ? text : createHash('sha256').update(text).digest('base64')
}

function printComposed(value: Value): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (typeof value !== 'object' || value === null) return `${typeof value} ${value}`
  if (!isKeyValueList(value)) return `[${value.map(printComposed).join('\0')}]`
  return `{${value.entries.map(entry => `${entry.key}\0${printComposed(entry.value)}`).join('\0')}}`
}
