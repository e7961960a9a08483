import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process of `serve --data`. */
export interface Served {
  readonly process: ChildProcess
  readonly api: string
  readonly otlp: string
  /** What it has printed so far. */
  stderr(): string
  /** Ends it; gives its exit code and signal. */
  kill(signal: NodeJS.Signals): Promise<unknown>
}

const anyPorts = ['--port', '--otlp-http-port', '--otlp-grpc-port', '--zipkin-port'].flatMap(flag => [flag, '0'])

/** Starts a server on ports that are free; fails with what it printed where it does not start. */
export async function serveData(folder: string, ...flags: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    'main.ts',
    'serve',
    '--data',
    folder,
    ...anyPorts,
    ...flags,
  ])
  let printed = ''
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stderr })) {
    printed += `${line}\n`
    if (line === 'until Ctrl-C') break
  }
  const [, api] = /API at (\S+)/.exec(printed) ?? []
  const [, otlp] = /OTLP at (\S+)/.exec(printed) ?? []
  if (api === undefined || otlp === undefined) throw new Error(`the server did not start: ${printed}`)
  child.stderr.on('data', chunk => {
    printed += chunk
  })
  child.stderr.resume()
  return {
    process: child,
    api,
    otlp,
    stderr: () => printed,
    kill: signal => {
      child.kill(signal)
      return ended
    },
  }
}

/** Sends a request of OTLP protobuf; the status of the answer, or 0 where there is none. */
export async function sendOtlp(url: string, body: Buffer, headers: Record<string, string> = {}): Promise<number> {
  try {
    const all = { 'content-type': 'application/x-protobuf', ...headers }
    const response = await fetch(url, { method: 'POST', body, headers: all })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}
