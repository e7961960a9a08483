/** Where something is printed for people. */
export interface Screen {
  /** In cells; undefined where nothing limits a line. */
  readonly width: number | undefined
  /** In lines; undefined where nothing limits a page. */
  readonly height?: number | undefined
  readonly hasColors: boolean
}

/** No terminal: lines of any length, and no colors. */
export const plain: Screen = { width: undefined, hasColors: false }

/** A stream as it is: at a terminal its size, and colors unless they are not wanted. */
export function screenOf(stream: Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>>): Screen {
  if (!stream.isTTY) return plain
  const hasColors = !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  return { width: stream.columns || 80, height: stream.rows || undefined, hasColors }
}
