import type { Figure } from '../charts/figure.ts'
import type { Page } from '../text/page.ts'
import type { Table } from '../text/table.ts'

/** A picture, and what its file is called after the name of its page. */
export interface Picture {
  readonly suffix: string
  readonly figure: Figure
}

/** A committed page: words of Markdown, tables and pictures. */
export type Document = readonly (string | Table | Picture)[]

export function isPicture(part: Document[number]): part is Picture {
  return typeof part !== 'string' && 'figure' in part
}

/** The document as a page, with its pictures as links to their files. */
export function linkPictures(name: string, document: Document): Page {
  return document.map(part => (isPicture(part) ? `![](${pictureFile(name, part)})` : part))
}

export function pictureFile(name: string, { suffix }: Picture): string {
  return `${name}${suffix}.svg`
}
