import { getOrInsert } from '../maps.ts'
import type { Span } from '../model/trace.ts'
import { valueText } from './value-text.ts'

const maxListed = 10

/**
 * The attributes that a summary of these spans loses values of, with how many: `diverse_attributes` are on all spans,
 * `missing_attributes` on some. `kept` is the span whose attributes the summary has.
 */
export function attributeLoss(spans: readonly Span[], kept: Span): Record<string, string> {
  const values = new Map<string, { texts: Set<string>; spanCount: number }>()
  for (const { attributes } of spans)
    for (const [key, text] of new Map(attributes.map(({ key, value }) => [key, valueText(value)]))) {
      const found = getOrInsert(values, key, () => ({ texts: new Set<string>(), spanCount: 0 }))
      found.texts.add(text)
      found.spanCount++
    }
  const isKept = new Set(kept.attributes.map(({ key }) => key))
  const lost = [...values].map(([key, { texts, spanCount }]) => ({
    key,
    count: texts.size - (isKept.has(key) ? 1 : 0),
    isDiverse: spanCount === spans.length,
  }))
  return {
    ...listed(
      'diverse_attributes',
      lost.filter(({ isDiverse }) => isDiverse),
    ),
    ...listed(
      'missing_attributes',
      lost.filter(({ isDiverse }) => !isDiverse),
    ),
  }
}

function listed(name: string, lost: readonly { key: string; count: number }[]): Record<string, string> {
  const found = lost.filter(({ count }) => count > 0)
  if (found.length === 0) return {}
  found.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  const texts = found.slice(0, maxListed).map(({ key, count }) => `${key}(${count})`)
  return { [name]: texts.join(',') + (found.length > maxListed ? ',...' : '') }
}
