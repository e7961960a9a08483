import { thresholdOf } from '../sampling/threshold.ts'
import { booleanAttribute, numericAttribute, stringAttribute } from './attribute-policies.ts'
import { parseCondition } from './condition.ts'
import { composite, rateLimiting } from './limiters.ts'
import { type Decision, isKept, matches, type Policy, type TailTrace } from './policy.ts'
import type { LeftOut, Section } from './section.ts'

/** What a policy of a type is made of. */
interface Made {
  decide(trace: TailTrace): Decision
  readonly thresholds?: readonly bigint[]
  readonly isLimiter?: boolean
}

/** Reads the policy of a section; undefined where it cannot be replayed, which is noted. */
export function readPolicy(section: Section, leftOut: LeftOut[]): Policy | undefined {
  const [name, type] = [section.text('name'), section.text('type')]
  const made = withoutSettings.get(type) ?? readSettings(section, type, leftOut)
  if (made === undefined) {
    leftOut.push({ place: section.place, reason: `policy ${name} of type ${type} is not replayed` })
    return undefined
  }
  leftOut.push(...section.unread())
  return { name, type, thresholds: made.thresholds ?? [], isLimiter: made.isLimiter ?? false, decide: made.decide }
}

function readSettings(section: Section, type: string, leftOut: LeftOut[]): Made | undefined {
  const read = withSettings.get(type)
  if (read === undefined) return undefined
  const settings = section.section(type)
  const made = read(settings, leftOut)
  if (made !== undefined) leftOut.push(...settings.unread())
  return made
}

const sampleWhere = (holds: (trace: TailTrace) => boolean): Made => ({
  decide: trace => (holds(trace) ? 'sample' : 'pass'),
})

const withoutSettings: ReadonlyMap<string, Made> = new Map([
  ['always_sample', sampleWhere(() => true)],
  ['trace_flags', sampleWhere(({ trace }) => trace.spans.some(({ flags }) => (flags & 1) === 1))],
])

/** By type what reads the settings of a policy, which are a map of that name. */
const withSettings = new Map<string, (settings: Section, leftOut: LeftOut[]) => Made | undefined>([
  ['latency', latency],
  ['numeric_attribute', settings => ({ decide: numericAttribute(settings) })],
  ['boolean_attribute', settings => ({ decide: booleanAttribute(settings) })],
  ['string_attribute', settings => ({ decide: stringAttribute(settings) })],
  ['probabilistic', probabilistic],
  ['status_code', statusCode],
  ['rate_limiting', settings => ({ decide: rateLimiting(settings), isLimiter: true })],
  ['span_count', spanCount],
  ['trace_state', traceState],
  ['ottl_condition', ottlCondition],
  ['and', (settings, leftOut) => combined(settings, 'and_sub_policy', leftOut, 'sample')],
  ['drop', (settings, leftOut) => combined(settings, 'drop_sub_policy', leftOut, 'drop')],
  ['not', not],
  ['composite', compositeOf],
])

function compositeOf(settings: Section, leftOut: LeftOut[]): Made | undefined {
  const policies = subPolicies(settings.sections('composite_sub_policy'), leftOut)
  return policies && { decide: composite(settings, policies), isLimiter: true }
}

function latency(settings: Section): Made {
  const threshold = settings.number('threshold_ms', { min: 0, isWhole: true })
  const upper = settings.optionalNumber('upper_threshold_ms', { min: 0, isWhole: true }) ?? 0
  if (upper > 0 && upper <= threshold)
    throw settings.fail('upper_threshold_ms', `is ${upper}, not above threshold_ms of ${threshold}: no trace matches`)
  return sampleWhere(({ durationMillis }) =>
    upper === 0 ? durationMillis >= threshold : durationMillis > threshold && durationMillis <= upper,
  )
}

function probabilistic(settings: Section): Made {
  settings.given(['hash_salt'])
  const threshold = thresholdOf(settings.number('sampling_percentage', { min: 0 }) / 100)
  return { ...sampleWhere(({ randomness }) => randomness >= threshold), thresholds: [threshold] }
}

const codes = ['UNSET', 'OK', 'ERROR']

function statusCode(settings: Section): Made {
  const names = settings.texts('status_codes')
  const wanted = new Set(names.map(name => codes.indexOf(name)))
  if (names.length === 0 || wanted.has(-1))
    throw settings.fail('status_codes', `is ${JSON.stringify(names)}, needs some of ${codes.join(', ')}`)
  return sampleWhere(({ trace }) => trace.spans.some(({ status }) => wanted.has(status?.code ?? 0)))
}

function spanCount(settings: Section): Made {
  const min = settings.optionalNumber('min_spans', { min: 0, isWhole: true }) ?? 0
  const max = settings.optionalNumber('max_spans', { min: 0, isWhole: true }) ?? 0
  if (max > 0 && max < min) throw settings.fail('max_spans', `is ${max}, below min_spans of ${min}: no trace matches`)
  return sampleWhere(({ trace }) => trace.spans.length >= min && (max === 0 || trace.spans.length <= max))
}

function traceState(settings: Section): Made {
  const key = settings.text('key')
  const values = settings.texts('values')
  if (values.length === 0) throw settings.fail('values', 'is missing or empty, needs texts')
  const wanted = new Set(values.map(value => `${key}=${value}`))
  return sampleWhere(({ trace }) =>
    trace.spans.some(span => span.traceState.split(',').some(entry => wanted.has(entry.trim()))),
  )
}

function ottlCondition(settings: Section, leftOut: LeftOut[]): Made | undefined {
  settings.given(['error_mode'])
  const texts = settings.texts('span')
  const conditions = texts.map(parseCondition)
  const unread = texts.find((_, i) => conditions[i] === undefined)
  const events = settings.texts('spanevent')
  if (unread !== undefined || events.length > 0 || texts.length === 0) {
    const reason = events.length > 0 ? 'conditions on span events are' : `${JSON.stringify(unread ?? '')} is`
    leftOut.push({ place: settings.place, reason: `${reason} more than a comparison of a span's field with a literal` })
    return undefined
  }
  return sampleWhere(({ trace }) => trace.spans.some(span => conditions.some(holds => holds!(span))))
}

/** The policies; undefined where one of them cannot be replayed. */
function subPolicies(sections: readonly Section[], leftOut: LeftOut[]): Policy[] | undefined {
  const policies = sections.map(section => readPolicy(section, leftOut))
  return policies.includes(undefined) ? undefined : (policies as Policy[])
}

/** What decides so where all of its policies match. */
function combined(settings: Section, key: string, leftOut: LeftOut[], decision: Decision): Made | undefined {
  const sections = settings.sections(key)
  if (sections.length === 0) throw settings.fail(key, 'is missing or empty, needs policies')
  const policies = subPolicies(sections, leftOut)
  return (
    policies && made(policies, trace => (policies.every(policy => matches(policy.decide(trace))) ? decision : 'pass'))
  )
}

function not(settings: Section, leftOut: LeftOut[]): Made | undefined {
  const policies = subPolicies([settings.section('not_sub_policy')], leftOut)
  return policies && made(policies, trace => (isKept([policies[0]!.decide(trace)]) ? 'pass' : 'sample'))
}

function made(policies: readonly Policy[], decide: (trace: TailTrace) => Decision): Made {
  return {
    decide,
    thresholds: policies.flatMap(({ thresholds }) => thresholds),
    isLimiter: policies.some(({ isLimiter }) => isLimiter),
  }
}
