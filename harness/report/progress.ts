import { SingleBar as Bar, type SingleBar } from 'cli-progress'

/** One stretch of work that the user waits for. */
interface Stage {
  advance(spanCount: number): void
  end(): void
}

export interface Progress {
  /** Begins a stage; `spanCount` is its total where it is known. */
  stage(label: string, spanCount?: number): Stage
}

export const silent: Progress = { stage: () => ({ advance() {}, end() {} }) }

/** Bars at a terminal, a line a stage elsewhere; on stderr, so that stdout can be piped. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  return { stage: stream.isTTY ? (label, total) => barStage(stream, label, total) : label => lineStage(stream, label) }
}

const format = '{label} {bar} {count}'

function barStage(stream: NodeJS.WriteStream, label: string, total = 0): Stage {
  const bar: SingleBar = new Bar({
    stream,
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  })
  let done = 0
  const payload = () => ({ label: label.padEnd(44), count: `${done.toLocaleString('en')} spans` })
  bar.start(total, 0, payload())
  return {
    advance(spanCount) {
      done += spanCount
      bar.setTotal(Math.max(total, done))
      bar.update(done, payload())
    },
    end: () => bar.stop(),
  }
}

function lineStage(stream: NodeJS.WriteStream, label: string): Stage {
  stream.write(`${label}\n`)
  return { advance() {}, end() {} }
}
