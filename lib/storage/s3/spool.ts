import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Range } from '../../bytes/range.ts'
import { systemError } from '../../error.ts'
import { makeWorkFolder, removeWorkFolder } from '../work-folder.ts'

/** Bytes that are on disk until it is known how many they are. */
export class Spool {
  readonly #folder: string
  readonly #file: FileHandle
  #byteLength = 0

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder
    this.#file = file
  }

  static async create(): Promise<Spool> {
    const folder = makeWorkFolder()
    try {
      return new Spool(folder, await open(join(folder, 'object'), 'wx+'))
    } catch (error) {
      await removeWorkFolder(folder)
      throw systemError(folder, error)
    }
  }

  get byteLength(): number {
    return this.#byteLength
  }

  async add(chunk: Uint8Array): Promise<void> {
    await this.#file.appendFile(chunk).catch(error => {
      throw systemError(this.#folder, error)
    })
    this.#byteLength += chunk.length
  }

  /** Reads a range, as often as it is asked for. */
  read({ start, end }: Range): Readable {
    return this.#file.createReadStream({ start, end: end - 1, autoClose: false, highWaterMark: 2 ** 20 })
  }

  async sha256(range: Range): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of this.read(range)) hash.update(chunk)
    return hash.digest('hex')
  }

  async remove(): Promise<void> {
    await this.#file.close()
    await removeWorkFolder(this.#folder)
  }
}
