import { MultiBar } from 'cli-progress'

/** One stretch of work that the user waits for. */
interface Stage {
  advance(spanCount: number): void
  end(): void
}

export interface Progress {
  /** Begins a stage; `spanCount` is its total where it is known. Several may run at once. */
  stage(label: string, spanCount?: number): Stage
  /** Shows a line at a terminal, above what is still running. */
  note(line: string): void
}

export const silent: Progress = { stage: () => ({ advance() {}, end() {} }), note() {} }

/** Bars at a terminal, a line per stage elsewhere; on stderr, so that stdout can be piped. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? barProgress(stream) : { stage: label => lineStage(stream, label), note() {} }
}

const format = '{label} {bar} {count}'

function barProgress(stream: NodeJS.WriteStream): Progress {
  let bars: MultiBar | undefined
  let running = 0
  const open = () => {
    bars ??= new MultiBar({
      stream,
      format,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
    })
    return bars
  }
  return {
    stage(label, total = 0) {
      let done = 0
      const payload = () => ({ label: label.padEnd(44), count: `${done.toLocaleString('en')} spans` })
      const bar = open().create(total, 0, payload())
      running++
      return {
        advance(spanCount) {
          done += spanCount
          bar.setTotal(Math.max(total, done))
          bar.update(done, payload())
        },
        end() {
          bars?.remove(bar)
          if (--running > 0) return
          bars?.stop()
          bars = undefined
        },
      }
    },
    note(line) {
      if (bars) bars.log(`${line}\n`)
      else stream.write(`${line}\n`)
    },
  }
}

function lineStage(stream: NodeJS.WriteStream, label: string): Stage {
  stream.write(`${label}\n`)
  return { advance() {}, end() {} }
}
