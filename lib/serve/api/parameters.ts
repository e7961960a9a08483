import { LabError } from '../../error.ts'
import { parseQuery } from '../../traceql/engine/validate.ts'
import type { Query } from '../../traceql/language/ast.ts'
import { parseDuration, parseTime } from '../../traceql/language/time-texts.ts'

/** The parameters of a request. What is wrong with one is an `invalid` error that names it. */
export class Parameters {
  readonly #values: URLSearchParams

  constructor(values: URLSearchParams) {
    this.#values = values
  }

  /** Undefined where it is absent or empty. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.#values.get(name)
      if (value !== null && value !== '') return value
    }
    return undefined
  }

  integer(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw this.#wrong(name, text, `an integer from ${min} to ${max}`)
  }

  /** Nanoseconds since the epoch. */
  time(name: string): bigint | undefined {
    return this.#parsed(name, parseTime, 'a time: seconds, nanoseconds or RFC 3339')
  }

  /** Nanoseconds. */
  duration(name: string): bigint | undefined {
    return this.#parsed(name, parseDuration, 'a duration above 0, such as 30s, or seconds')
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined || choices.includes(text as T)) return text as T | undefined
    throw this.#wrong(name, text, `one of ${choices.join(', ')}`)
  }

  query(): Query {
    const text = this.text('q', 'query')
    if (text === undefined) throw new LabError('invalid', 'q: a TraceQL query is missing')
    return parseQuery(text)
  }

  /** The search that narrows a question about tags. One that cannot be read does not narrow it: somebody is typing it. */
  filter(): Query | undefined {
    const text = this.text('q')
    if (text === undefined) return undefined
    try {
      const query = parseQuery(text)
      return query.kind === 'search' ? query : undefined
    } catch (error) {
      if (error instanceof LabError) return undefined
      throw error
    }
  }

  /** `start` and `end`, of which either may be missing. */
  range(): { startNanos: bigint | undefined; endNanos: bigint | undefined } {
    const [startNanos, endNanos] = [this.time('start'), this.time('end')]
    if (startNanos !== undefined && endNanos !== undefined && startNanos >= endNanos)
      throw new LabError(
        'invalid',
        `start ${this.text('start')} and end ${this.text('end')}: the end is not after the start`,
      )
    return { startNanos, endNanos }
  }

  #parsed(name: string, parse: (text: string) => bigint | undefined, needed: string): bigint | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) throw this.#wrong(name, text, needed)
    return value
  }

  #wrong(name: string, text: string, needed: string): LabError {
    return new LabError('invalid', `${name}=${JSON.stringify(text.slice(0, 40))}: needs ${needed}`)
  }
}
