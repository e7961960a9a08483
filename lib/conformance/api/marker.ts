import { markerKey } from '../data/draft.ts'

/** A comment, or a text in quotes, in which braces mean nothing. */
const skipped = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`/y

/** The query with the marker of a set as a further condition of each of its `{ }`. */
export function conjoin(query: string, marker: string): string {
  const condition = `resource.${markerKey} = "${marker}"`
  let result = ''
  let opened: number | undefined
  for (let at = 0; at < query.length; ) {
    const length = skippedLength(query, at)
    const character = query[at]
    if (length > 0) {
      if (opened === undefined) result += query.slice(at, at + length)
      at += length
      continue
    }
    at++
    if (opened === undefined && character === '{') opened = at
    else if (opened === undefined) result += character
    else if (character === '}') {
      result += braces(query.slice(opened, at - 1), condition)
      opened = undefined
    }
  }
  return opened === undefined ? result : `${result}{${query.slice(opened)}`
}

function braces(inner: string, condition: string): string {
  return inner.trim() === '' ? `{ ${condition} }` : `{ ${condition} && (${inner}) }`
}

function skippedLength(query: string, at: number): number {
  skipped.lastIndex = at
  return skipped.exec(query)?.[0].length ?? 0
}
