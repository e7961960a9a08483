import { type Screen, screenOf } from './screen.ts'
import { cut } from './width.ts'

/** One stretch of work that the user waits for. */
interface Stage {
  advance(spanCount: number): void
  end(): void
}

export interface Progress {
  /** Begins a stage; `spanCount` is its total where it is known. Several may run at once. */
  stage(label: string, spanCount?: number): Stage
  /** The terminal that lines can be drawn at; undefined where there is none. */
  readonly screen?: Screen
  /** Draws a line at the terminal that stays, above what is still running. */
  note(line: string): void
  /** What is said of all the work, asked anew whenever it is drawn; nothing where undefined. */
  status(describe: (() => string) | undefined): void
  /** Removes the lines that were drawn, where all of them are still on the screen. */
  erase(): void
}

export const silent: Progress = {
  stage: () => ({ advance() {}, end() {} }),
  note() {},
  status() {},
  erase() {},
}

/** Bars at a terminal, a line per stage elsewhere; on stderr, so that stdout can be piped. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? terminalProgress(stream) : { ...silent, stage: label => lineStage(stream, label) }
}

function lineStage(stream: NodeJS.WriteStream, label: string): Stage {
  stream.write(`${label}\n`)
  return { advance() {}, end() {} }
}

const redrawMillis = 100

/** Notes that stay, and below them a status and a bar per stage, which are drawn over themselves. */
function terminalProgress(stream: NodeJS.WriteStream): Progress {
  const bars = new Set<() => string>()
  let describe: (() => string) | undefined
  let [noteCount, liveCount, drawnMillis] = [0, 0, 0]
  const width = () => (stream.columns || 80) - 1
  const toLine = (line: string) => `${cut(line, width())}\n`
  const draw = (above = '') => {
    const live = [...(describe ? [describe()] : []), ...Array.from(bars, bar => bar())].map(toLine)
    stream.write(`${clear(liveCount)}${above}${live.join('')}`)
    liveCount = live.length
    drawnMillis = performance.now()
  }
  return {
    screen: { ...screenOf(stream), width: width() },
    stage(label, total = 0) {
      let done = 0
      const bar = () => printBar(label, done, total)
      bars.add(bar)
      draw()
      return {
        advance(spanCount) {
          done += spanCount
          if (performance.now() - drawnMillis > redrawMillis) draw()
        },
        end() {
          bars.delete(bar)
          draw()
        },
      }
    },
    note(line) {
      noteCount++
      draw(toLine(line))
    },
    status(text) {
      describe = text
      draw()
    },
    erase() {
      const lineCount = noteCount + liveCount
      if (lineCount < (stream.rows || 24)) stream.write(clear(lineCount))
      noteCount = 0
      liveCount = 0
    },
  }
}

/** Removes the last lines, with the cursor below them. */
function clear(lineCount: number): string {
  return lineCount === 0 ? '' : `\x1b[${lineCount}A\r\x1b[J`
}

const barWidth = 24

function printBar(label: string, done: number, total: number): string {
  const filled = total > 0 ? Math.min(barWidth, Math.round((done / total) * barWidth)) : 0
  const bar = '█'.repeat(filled).padEnd(barWidth, '░')
  return `${label.padEnd(44)} ${bar} ${done.toLocaleString('en')} spans`
}
