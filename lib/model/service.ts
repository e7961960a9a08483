import type { Attributes, Resource } from './trace.ts'

export const serviceKey = 'service.name'

/** The service of a resource: its first `service.name` that is a string, as Tempo stores it; empty where it has none. */
export function serviceOf(resource: Resource | null): string {
  return serviceIn(resource?.attributes ?? []) ?? ''
}

/** The same of its attributes; undefined where they have none. */
export function serviceIn(attributes: Attributes): string | undefined {
  for (const { key, value } of attributes) if (key === serviceKey && typeof value === 'string') return value
  return undefined
}
