import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { RoleName } from '../../lib/cluster/roles/config.ts'
import { LabError } from '../../lib/error.ts'
import { endWithUs } from '../process/watchdog.ts'

/** How a process of a role is started. */
export interface RoleStart {
  readonly role: RoleName
  readonly instance: string
  /** The command of this program. */
  readonly program: readonly string[]
  /** Besides role and instance. */
  readonly flags: readonly string[]
}

/** How much of what it prints is kept. */
const maxPrinted = 10_000

/** A process of one role, which can be killed, frozen and started again. */
export class RoleProcess {
  readonly role: RoleName
  readonly instance: string
  readonly #start: RoleStart
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #printed = ''
  /** Where it listens; each start has the same ports where its flags say which. */
  api = ''
  otlp: string | undefined

  constructor(start: RoleStart) {
    this.role = start.role
    this.instance = start.instance
    this.#start = start
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The last that it printed. */
  get printed(): string {
    return this.#printed
  }

  /** Starts it, and returns when it takes requests; fails with what it printed where it ends before. */
  async start(): Promise<void> {
    const { role, instance, program, flags } = this.#start
    const [command, ...args] = [...program, 'serve', '--target', role, '--instance', instance, ...flags]
    const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    endWithUs(child)
    this.#child = child
    this.#ended = once(child, 'close')
    let [printed, isUp] = ['', false]
    for await (const line of createInterface({ input: child.stderr! })) {
      printed += `${line}\n`
      isUp = line === 'until Ctrl-C'
      if (isUp) break
    }
    const [, api] = / at (http:\S+)/.exec(printed) ?? []
    // What it says of an address that does not answer looks like its own.
    if (!isUp || api === undefined)
      throw new LabError('invalid', `${role} ${instance} did not start: ${printed.trim()}`)
    this.api = api
    this.otlp = /OTLP at (\S+)/.exec(printed)?.[1]
    this.#keep(printed)
    child.stderr!.on('data', chunk => this.#keep(String(chunk)))
    child.stderr!.resume()
  }

  #keep(text: string): void {
    this.#printed = (this.#printed + text).slice(-maxPrinted)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Ends it; gives its exit code and signal when it has ended. */
  end(signal: NodeJS.Signals): Promise<unknown> {
    this.#child?.kill(signal)
    return this.#ended
  }

  /** What it answers with status 200. */
  async get(path: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(this.api + path, { headers })
    const text = await response.text()
    if (response.status === 200) return text
    throw new LabError('invalid', `${this.instance}${path}: ${response.status}: ${text}`)
  }
}
