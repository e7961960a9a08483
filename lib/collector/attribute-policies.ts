import { LabError } from '../error.ts'
import type { Span, Value } from '../model/trace.ts'
import { compileRegex } from '../regex/regex.ts'
import type { Decision, TailTrace } from './policy.ts'
import type { Section } from './section.ts'

/** Policies that look for a value of one attribute in the resources and spans of a trace. */

type Decide = (trace: TailTrace) => Decision

export function numericAttribute(settings: Section): Decide {
  const min = settings.optionalNumber('min_value') ?? -Infinity
  const max = settings.optionalNumber('max_value') ?? Infinity
  if (min > max) throw settings.fail('max_value', `is ${max}, below min_value of ${min}: no trace matches`)
  return attributePolicy(settings, value => typeof value === 'bigint' && Number(value) >= min && Number(value) <= max)
}

export function booleanAttribute(settings: Section): Decide {
  const wanted = settings.boolean('value')
  return attributePolicy(settings, value => value === wanted)
}

export function stringAttribute(settings: Section): Decide {
  const values = settings.texts('values')
  if (values.length === 0) throw settings.fail('values', 'is missing or empty, needs texts')
  settings.given(['cache_max_size'])
  if (!settings.boolean('enabled_regex_matching')) {
    const wanted = new Set<Value>(values)
    return attributePolicy(settings, value => wanted.has(value))
  }
  const patterns = values.map(value => anywhere(settings, value))
  return attributePolicy(settings, value => typeof value === 'string' && patterns.some(matches => matches(value)))
}

/** The processor looks for a match anywhere in the text. */
function anywhere(settings: Section, pattern: string): (text: string) => boolean {
  try {
    return compileRegex(`(?s:.*)(?:${pattern})(?s:.*)`)
  } catch (error) {
    if (error instanceof LabError) throw settings.fail('values', `has ${JSON.stringify(pattern)}: ${error.message}`)
    throw error
  }
}

function attributePolicy(settings: Section, isWanted: (value: Value) => boolean): Decide {
  const key = settings.text('key')
  const isInverted = settings.boolean('invert_match')
  const has = ({ attributes, resource }: Span) =>
    [attributes, resource?.attributes ?? []].some(list => list.some(own => own.key === key && isWanted(own.value)))
  return ({ trace }) => {
    const isFound = trace.spans.some(has)
    if (isInverted) return isFound ? 'inverted pass' : 'inverted sample'
    return isFound ? 'sample' : 'pass'
  }
}
