import { type KeyedValue, textOf } from './otlp-json.ts'
import type { Row } from './span-tree.ts'

/** The spans whose service, name, status message, attributes, events or resource contain a text, in any case; none for an empty one. */
export function findSpans(rows: readonly Row[], text: string): number[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  const resources = new Map<readonly KeyedValue[], boolean>()
  const isIn = (content: string) => content.toLowerCase().includes(wanted)
  const isInAny = (attributes: readonly KeyedValue[] = []) =>
    attributes.some(({ key, value }) => isIn(`${key}=${textOf(value)}`))
  const isInResource = (resource: readonly KeyedValue[]) => {
    const known = resources.get(resource) ?? isInAny(resource)
    resources.set(resource, known)
    return known
  }
  const found: number[] = []
  for (const { index, service, span, resource } of rows) {
    const isFound =
      isIn(`${service} ${span.name ?? ''}`) ||
      isIn(span.status?.message ?? '') ||
      isInAny(span.attributes) ||
      span.events?.some(event => isIn(event.name ?? '') || isInAny(event.attributes)) ||
      isInResource(resource)
    if (isFound) found.push(index)
  }
  return found
}

/** The next of some places, in ascending order, after or before one, around the end; undefined where there is none. */
export function nextOf(places: readonly number[], at: number, isBack: boolean): number | undefined {
  return isBack
    ? (places.findLast(place => place < at) ?? places.at(-1))
    : (places.find(place => place > at) ?? places[0])
}
