import type { Decision, Policy, TailTrace } from './policy.ts'
import { matches } from './policy.ts'
import type { Section } from './section.ts'

/** Policies that count the spans of each second: what they keep depends on the load, and has no known probability. */

export function rateLimiting(settings: Section): (trace: TailTrace) => Decision {
  const limit = settings.number('spans_per_second', { min: 0, isWhole: true })
  const spans = new SecondCount()
  return ({ trace, second, isTrial }) =>
    !isTrial && spans.take(second, trace.spans.length, total => total < limit) ? 'sample' : 'pass'
}

/** The first of several policies that matches decides, as long as its share of the spans of a second is not used up. */
export function composite(settings: Section, policies: readonly Policy[]): (trace: TailTrace) => Decision {
  const total = settings.number('max_total_spans_per_second', { min: 1, isWhole: true })
  const allocated = readAllocations(settings, policies, total)
  const parts = readOrder(settings, policies).map(policy => {
    const limit = Math.floor(allocated.get(policy.name) ?? 0)
    return { policy, limit, spans: new SecondCount() }
  })
  return trace => {
    const part = parts.find(({ policy }) => matches(policy.decide(trace)))
    if (part === undefined || trace.isTrial) return 'pass'
    const fits = (sum: number) => sum <= part.limit && sum <= total
    return part.spans.take(trace.second, trace.trace.spans.length, fits) ? 'sample' : 'pass'
  }
}

function readOrder(settings: Section, policies: readonly Policy[]): readonly Policy[] {
  const order = settings.texts('policy_order')
  if (order.length === 0) return policies
  return order.map(name => policyNamed(settings, 'policy_order', policies, name))
}

/** By policy the spans of a second that it may sample. */
function readAllocations(settings: Section, policies: readonly Policy[], total: number): Map<string, number> {
  const shares = new Map<string, number>()
  let sum = 0
  for (const allocation of settings.sections('rate_allocation')) {
    const percent = allocation.optionalNumber('percent', { min: 0, max: 100 }) ?? 0
    const { name } = policyNamed(settings, 'rate_allocation', policies, allocation.text('policy'))
    shares.set(name, percent > 0 ? (percent / 100) * total : total / policies.length)
    sum += percent
  }
  if (sum > 100) throw settings.fail('rate_allocation', `sums to ${sum} percent, needs at most 100`)
  return shares
}

function policyNamed(settings: Section, key: string, policies: readonly Policy[], name: string): Policy {
  const found = policies.find(policy => policy.name === name)
  if (found !== undefined) return found
  const names = policies.map(policy => policy.name).join(', ')
  throw settings.fail(key, `names ${JSON.stringify(name)}, which is none of its policies: ${names}`)
}

/** Spans that were sampled in one second; the next one begins anew. */
class SecondCount {
  #second = Number.NaN
  #count = 0

  /** Counts the spans where their sum fits. */
  take(second: number, spanCount: number, fits: (sum: number) => boolean): boolean {
    if (second !== this.#second) this.#count = 0
    this.#second = second
    if (!fits(this.#count + spanCount)) return false
    this.#count += spanCount
    return true
  }
}
