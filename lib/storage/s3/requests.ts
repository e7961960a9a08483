import type { S3Client } from '@aws-sdk/client-s3'

/** Requests that were made, by these labels. */
export interface RequestLabels extends Record<string, string> {
  readonly operation: string
  /** What the object is, as the owner of the store tells by its key. */
  readonly object: string
  /** 0 where no answer came. */
  readonly status_code: string
}

/** How many requests were made to a bucket, each attempt counted. */
export class RequestCounts {
  readonly #kindOf: (key: string) => string
  readonly #counts = new Map<string, { readonly labels: RequestLabels; count: number }>()

  /** `kindOf` tells by a key what the object is; it is given '' for a list. */
  constructor(kindOf: (key: string) => string) {
    this.#kindOf = kindOf
  }

  add(operation: string, key: string, status: number): void {
    const labels = { operation, object: this.#kindOf(key), status_code: String(status) }
    const id = Object.values(labels).join(' ')
    const known = this.#counts.get(id)
    if (known) known.count++
    else this.#counts.set(id, { labels, count: 1 })
  }

  *values(): Iterable<readonly [RequestLabels, number]> {
    for (const { labels, count } of this.#counts.values()) yield [labels, count]
  }

  /** All requests of an operation, or all. */
  total(operation?: string): number {
    let sum = 0
    for (const [labels, count] of this.values())
      if (operation === undefined || labels.operation === operation) sum += count
    return sum
  }
}

/** Counts what a client asks from now on; keys are given without what `base` they begin with. */
export function countRequests({ middlewareStack }: S3Client, base: string, counts: RequestCounts): void {
  middlewareStack.add(
    next => async args => {
      const { method } = args.request as { method: string }
      const { Key } = args.input as { Key?: string }
      const key = (Key ?? '').slice(base.length)
      try {
        const answer = await next(args)
        counts.add(method, key, (answer.response as { statusCode: number }).statusCode)
        return answer
      } catch (error) {
        const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
        counts.add(method, key, $metadata?.httpStatusCode ?? 0)
        throw error
      }
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
}
