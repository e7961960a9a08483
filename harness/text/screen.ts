/** Where something is printed for people. */
export interface Screen {
  /** In cells; undefined where nothing limits a line. */
  readonly width: number | undefined
  readonly hasColors: boolean
}

/** No terminal: lines of any length, and no colors. */
export const plain: Screen = { width: undefined, hasColors: false }

/** A stream as it is: at a terminal its width, and colors unless they are not wanted. */
export function screenOf(stream: Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>): Screen {
  if (!stream.isTTY) return plain
  return { width: stream.columns || 80, hasColors: !process.env.NO_COLOR && process.env.TERM !== 'dumb' }
}
