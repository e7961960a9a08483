/** The same nodes without the places where they stood. */
export function withoutPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPlaces)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).filter(([key]) => key !== 'start' && key !== 'end')
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutPlaces(value)]))
}
