import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { LabError } from '../../../lib/error.ts'
import { endWithUs } from '../../process/watchdog.ts'

/** A server that does not end by then is killed. */
const endMillis = 120_000

/** A process of `serve --data`. */
export class Server {
  readonly api: string
  readonly otlp: string
  /** From its start until it takes requests. */
  readonly startMillis: number
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, printed: string, startMillis: number) {
    this.#child = child
    this.#ended = once(child, 'close')
    this.startMillis = startMillis
    this.api = addressIn(printed, /API at (\S+)/)
    this.otlp = addressIn(printed, /OTLP at (\S+)/)
  }

  /** Starts one as users do, by the command of this program, on ports that are free. */
  static async start(program: readonly string[], folder: string, ...flags: readonly string[]): Promise<Server> {
    const ports = ['port', 'otlp-http-port', 'otlp-grpc-port', 'zipkin-port'].flatMap(flag => [`--${flag}`, '0'])
    const startMillis = performance.now()
    const [command, ...args] = [...program, 'serve', '--data', folder, ...ports, ...flags]
    const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    endWithUs(child)
    let printed = ''
    for await (const line of createInterface({ input: child.stderr! })) {
      printed += `${line}\n`
      if (line === 'until Ctrl-C') break
    }
    const millis = performance.now() - startMillis
    child.stderr!.resume()
    return new Server(child, printed, millis)
  }

  /** Ends it; returns when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    const late = setTimeout(() => this.#child.kill('SIGKILL'), endMillis)
    await this.#ended
    clearTimeout(late)
  }

  /** CPU seconds of the process so far. */
  async cpuSeconds(): Promise<number> {
    const text = await (await fetch(`${this.api}/metrics`)).text()
    const [, seconds] = /^process_cpu_seconds_total(?:\{.*\})? (\S+)/m.exec(text) ?? []
    return Number(seconds)
  }

  /** Peak of its memory, in bytes; null where the system does not tell. */
  peakBytes(): number | null {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024
    } catch {
      return null
    }
  }
}

function addressIn(printed: string, pattern: RegExp): string {
  const [, address] = pattern.exec(printed) ?? []
  if (address === undefined) throw new LabError('invalid', `the server did not start: ${printed.trim()}`)
  return address
}
