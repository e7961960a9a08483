import { randomBytes } from 'node:crypto'
import type { LogFile, LogFiles } from './files.ts'
import { encodeFrame, type Frame } from './frames.ts'

/** When what was appended is synced: at once, at most every 50 ms, or when the system likes to. */
export const syncModes = ['always', '50ms', 'never'] as const

export type SyncMode = (typeof syncModes)[number]

const suffix = '.log'
const segmentName = /^(\d{8}T\d{9}-[0-9a-f]{16})\.log$/

/** The segments among the files of a log, the oldest first. */
export function segmentsAmong(names: readonly string[]): string[] {
  return names.flatMap(name => segmentName.exec(name)?.[1] ?? []).sort()
}

/** The file of a segment. */
export function fileOf(segment: string): string {
  return segment + suffix
}

/** A name that sorts after another one, also where the clock went back. */
function newName(previous = ''): string {
  const now = new Date().toISOString().replaceAll(/[-:.Z]/g, '')
  const last = previous.slice(0, now.length)
  // The digits of a time that is not later go on as those of a number.
  const time = now > last ? now : last.slice(0, 9) + String(Number(last.slice(9)) + 1).padStart(9, '0')
  return `${time}-${randomBytes(8).toString('hex')}`
}

/** A frame that waits. */
interface Waiting {
  readonly frame: Frame
  /** Called when the frame is durable, in the order of the frames and before anything else happens. */
  readonly durable: () => void
  readonly failed: (error: unknown) => void
}

/**
 * A segment that grows. Frames that wait while others are written are written and synced together. Where that fails, all
 * that wait fail, and nothing is added before the file has been cut to what is durable: a frame that was not
 * acknowledged never comes back.
 */
export class LogSegment {
  readonly name: string
  /** Durable bytes. */
  byteLength = 0
  readonly #file: LogFile
  readonly #sync: SyncMode
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #isTorn = false

  private constructor(name: string, file: LogFile, sync: SyncMode) {
    this.name = name
    this.#file = file
    this.#sync = sync
  }

  /** Creates the segment that follows another one. */
  static async create(files: LogFiles, sync: SyncMode, previous?: string): Promise<LogSegment> {
    const name = newName(previous)
    return new LogSegment(name, await files.create(fileOf(name)), sync)
  }

  /** Adds a frame; `durable` or `failed` is called later. */
  append(frame: Frame, durable: () => void, failed: (error: unknown) => void): void {
    this.#waiting.push({ frame, durable, failed })
    this.#writing ??= this.#write()
  }

  /** Returns when nothing waits. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Returns when what is in the file is durable: what failed has been cut off. */
  async mend(): Promise<void> {
    await this.settled()
    if (this.#isTorn) await this.#file.truncate(this.byteLength)
    this.#isTorn = false
  }

  async close(): Promise<void> {
    await this.settled()
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // What else comes in this turn goes with it.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      if (this.#sync === '50ms') await new Promise(resolve => setTimeout(resolve, 50))
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#commit(group)
      } catch (error) {
        const all = [...group, ...this.#waiting]
        this.#waiting = []
        for (const { failed } of all) failed(error)
      }
    }
    this.#writing = undefined
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    if (this.#isTorn) await this.#file.truncate(this.byteLength)
    this.#isTorn = true
    const parts = group.flatMap(({ frame }) => encodeFrame(frame, this.name))
    await this.#file.append(parts)
    if (this.#sync !== 'never') await this.#file.sync()
    this.#isTorn = false
    this.byteLength += parts.reduce((sum, part) => sum + part.length, 0)
    for (const { durable } of group) durable()
  }
}
