import type { Measurement } from './measurement-schema.ts'

/** The name of the pages of a measurement. */
export function pageName({ kind, input }: Measurement): string {
  if (kind === 'serve' || kind === 'cluster') return kind
  return kind === 'phases' ? input.name : `${input.name}-${kind}`
}
