import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'

const takesNoCell = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u

/** The cells of a terminal that a text takes, without its colors; of joined emoji the sum, which some terminals need. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += cellsOf(character)
  return width
}

/** The text in at most so many cells: whole, or its beginning and `…`. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let [start, taken] = ['', 0]
  for (const character of text) {
    taken += cellsOf(character)
    if (taken > width - 1) break
    start += character
  }
  return `${start}…`
}

/** The text in exactly so many cells. */
export function fill(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width)
  const space = ' '.repeat(width - widthOf(shown))
  return align === 'right' ? space + shown : shown + space
}

function cellsOf(character: string): number {
  return takesNoCell.test(character) ? 0 : eastAsianWidth(character.codePointAt(0)!)
}
