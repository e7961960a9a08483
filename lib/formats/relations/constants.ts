import type { Value } from '../../model/trace.ts'
import { type ColumnType, columnTypes } from './types.ts'

/** The distinct values that nodes hold as constants. */
export class Constants {
  readonly values: Value[] = []
  readonly #ids = new Map<ColumnType, Map<unknown, number>>()

  add(type: ColumnType, value: Value): number {
    let ids = this.#ids.get(type)
    if (ids === undefined) {
      ids = new Map()
      this.#ids.set(type, ids)
    }
    const name = columnTypes.nameOf(type, value)
    let id = ids.get(name)
    if (id === undefined) {
      id = this.values.length
      this.values.push(value)
      ids.set(name, id)
    }
    return id
  }
}
