/** What spans are counted by. */
export interface Series {
  /** The service of the parent where it is another one. */
  readonly caller: string | undefined
  readonly service: string
  readonly operation: string
  /** OTLP's number. */
  readonly status: number
  /** How many spans each of its spans represents: 1 but where spans were sampled. */
  readonly weight: number
}

const errorStatus = 2

export function isError({ status }: Series): boolean {
  return status === errorStatus
}

/** Numbers series in the order in which they are met. */
export class SeriesTable {
  readonly #numbers = new Map<string, number>()
  readonly #series: Series[] = []

  get size(): number {
    return this.#series.length
  }

  numberOf(series: Series): number {
    const key = keyOf(series)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#series.length)
    return this.#series.push(series) - 1
  }

  at(number: number): Series {
    return this.#series[number]!
  }

  clear(): void {
    this.#numbers.clear()
    this.#series.length = 0
  }
}

/** Equal for equal series only, whatever characters are in their names. */
function keyOf({ caller, service, operation, status, weight }: Series): string {
  return `${status} ${weight} ${service.length} ${operation.length} ${service}${operation}${caller === undefined ? '' : ` ${caller}`}`
}
