import { type ComponentChildren, Fragment } from 'preact'
import { type Document, isPicture } from '../../view/document.ts'
import { FigureView } from './figure-view.tsx'
import { TableView } from './table-view.tsx'

interface Props {
  readonly document: Document
  /** Of tables before which no heading stands. */
  readonly title: string
  /** What stands below each picture. */
  readonly note?: ComponentChildren
}

/** The parts of a committed page. */
export function DocumentView({ document, title, note }: Props) {
  let heading = title
  return (
    <>
      {document.map((part, i) => {
        if (typeof part !== 'string')
          return isPicture(part) ? (
            <Fragment key={i}>
              <FigureView figure={part.figure} />
              {note}
            </Fragment>
          ) : (
            <TableView key={i} table={part} caption={heading} />
          )
        const [, level, words] = /^(#+) (.*)$/s.exec(part) ?? []
        if (words === undefined) return <Words key={i} text={part} />
        heading = words
        return level === '#' ? <h2 key={i}>{words}</h2> : <h3 key={i}>{words}</h3>
      })}
    </>
  )
}

/** A paragraph, or a point of a list, with its code and its stressed words. */
function Words({ text }: { text: string }) {
  return (
    <p>
      {text
        .trim()
        .replace(/^- /, '• ')
        .split(/(`[^`\n]+`|\*[^*\n]+\*)/)
        .map((part, i) => {
          if (i % 2 === 0) return part
          const inner = part.slice(1, -1)
          return part.startsWith('`') ? <code key={i}>{inner}</code> : <em key={i}>{inner}</em>
        })}
    </p>
  )
}
