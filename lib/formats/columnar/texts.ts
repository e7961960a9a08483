import { readTextOf, writeTextTo } from '../../encodings/texts.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'

/**
 * A string: its length in the head, its bytes among the texts. UTF-8, or UTF-16 where it is not well-formed (the lowest
 * bit of the length says so).
 */
export function writeText({ head, texts }: ColumnWriter, text: string): void {
  head.varint(writeTextTo(texts, text))
}

export function readText({ head, texts }: ColumnReader): string {
  return readTextOf(texts, head.varint())
}
