import type { Row } from './run-schema.ts'

/** How a row is called: `03 CBOR + zstd, by-trace`. */
export function nameOf({ phase, title, variant }: Pick<Row, 'phase' | 'title' | 'variant'>): string {
  return `${phase} ${title}${variant === 'default' ? '' : `, ${variant}`}`
}
