import { serviceIn } from '../../lib/model/service.ts'
import type { Span } from '../../lib/model/trace.ts'

/** The service of a span, or a dash. */
export function serviceOf({ resource }: Span): string {
  const service = serviceIn(resource?.attributes ?? [])
  return service === undefined ? '–' : clean(service)
}

/** A text without what would move the cursor or turn the writing. */
export function clean(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
}

/** At most `length` characters; of a longer text the first ones, and `…`. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1).toWellFormed()}…` : text
}

const kindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** OTLP's kind of a span in a word; a number that has none as it is. */
export function kindName(kind: number): string {
  return kindNames[kind] ?? String(kind)
}
