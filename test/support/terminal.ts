import { Writable } from 'node:stream'

/** A terminal that holds what is written, for the few sequences that the lab writes. */
export class Terminal extends Writable {
  readonly isTTY = true
  lines: string[] = ['']
  readonly columns: number
  readonly rows: number
  #row = 0

  constructor(columns = 100, rows = 40) {
    super({ decodeStrings: false })
    this.columns = columns
    this.rows = rows
  }

  override _write(chunk: string | Buffer, _: unknown, done: () => void): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told by
    for (const [part, up] of String(chunk).matchAll(/\x1b\[(\d+)A|\x1b\[J|\r|\n|[^\x1b\r\n]+/g)) {
      if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up))
      else if (part === '\x1b[J') this.lines = [...this.lines.slice(0, this.#row), '']
      else if (part === '\n') this.lines[++this.#row] ??= ''
      else if (part !== '\r') this.lines[this.#row] += part
    }
    done()
  }

  asStream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream
  }
}
