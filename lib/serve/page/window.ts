/** A part of a trace's time, as shares of the whole: `[from, to)`. */
export interface Window {
  from: number
  to: number
}

export const whole: Window = { from: 0, to: 1 }

/** The narrowest window: a second of 12 days, a µs of a second. */
const minWidth = 1e-6

/** A window between two places, in either order, that is not too narrow. */
export function windowBetween(a: number, b: number): Window {
  const [from, to] = [clamp(Math.min(a, b)), clamp(Math.max(a, b))]
  if (to - from >= minWidth) return { from, to }
  const start = Math.min(from, 1 - minWidth)
  return { from: start, to: start + minWidth }
}

/** The same width elsewhere; it stops at the ends. */
export function movedBy({ from, to }: Window, by: number): Window {
  const step = Math.max(-from, Math.min(1 - to, by))
  return { from: from + step, to: to + step }
}

/** A window `factor` times as wide around the same middle, as far as there is room. */
export function zoomedBy({ from, to }: Window, factor: number): Window {
  const middle = (from + to) / 2
  const width = Math.max(minWidth, Math.min(1, (to - from) * factor))
  const start = Math.max(0, Math.min(1 - width, middle - width / 2))
  return { from: start, to: start + width }
}

/** One end elsewhere; it does not pass the other one. */
export function withEnd(window: Window, end: keyof Window, at: number): Window {
  return end === 'from'
    ? windowBetween(Math.min(at, window.to - minWidth), window.to)
    : windowBetween(window.from, Math.max(at, window.from + minWidth))
}

/** The next window after a key on the window, or on one of its ends; undefined where the key means nothing. */
export function windowAfterKey(window: Window, part: keyof Window | 'both', key: string): Window | undefined {
  const width = window.to - window.from
  const step = { ArrowLeft: -0.1, ArrowRight: 0.1, PageUp: -1, PageDown: 1 }[key]
  if (step !== undefined && part === 'both') return movedBy(window, step * width)
  if (step !== undefined) return withEnd(window, part as keyof Window, window[part as keyof Window] + step * width)
  if (key === '+' || key === 'ArrowUp') return zoomedBy(window, 0.5)
  if (key === '-' || key === 'ArrowDown') return zoomedBy(window, 2)
  if (key === '0') return whole
  if (key === 'Home' || key === 'End') return atEnd(window, part, key === 'Home' ? 0 : 1)
  return undefined
}

function atEnd(window: Window, part: keyof Window | 'both', end: number): Window {
  return part === 'both' ? movedBy(window, end === 0 ? -1 : 1) : withEnd(window, part, end)
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share))
}
