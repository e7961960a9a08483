import type { Range } from '../../../bytes/range.ts'

/** Keeps what is being read, unless that fails: a store that failed once may be asked again. */
export function keep<T>(known: Map<number, Promise<T>>, key: number, reading: Promise<T>): Promise<T> {
  known.set(key, reading)
  reading.catch(() => known.delete(key))
  return reading
}

/** Hands out ranges one behind the other. */
export class Placer {
  at: number

  constructor(at: number) {
    this.at = at
  }

  take(byteLength: number): Range {
    const start = this.at
    this.at += byteLength
    return { start, end: this.at }
  }
}
