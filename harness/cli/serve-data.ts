import { openPlaces } from '../../lib/cluster/roles/open-places.ts'
import { startTarget } from '../../lib/cluster/roles/start.ts'
import { type ServerParts, startServer } from '../../lib/serve/server.ts'
import type { Listener } from '../../lib/serve/server-config.ts'
import { addressOf } from '../../lib/serve/started.ts'
import { growHeapForBuffers } from '../process/heap.ts'
import { untilAsked } from '../process/signals.ts'
import { configFrom, type DataArguments, type Serving } from './serve-config.ts'
import { withWorkers } from './workers.ts'

type Parts = Omit<ServerParts, 'warn' | 'workers' | 'configText'>

/** A server of whatever kind, until it is closed. */
interface Serves {
  readonly ports: Readonly<Partial<Record<Listener, number | undefined>>>
  /** Fails where it cannot go on. */
  readonly failed?: Promise<never>
  close(): Promise<void>
}

/** Runs a store, or roles of one, until the process is asked to end. */
export async function serveData(args: DataArguments, parts: Parts): Promise<void> {
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`)
  const serving = await configFrom(args)
  for (const warning of serving.warnings) warn(warning)
  await withWorkers({}, async workers => {
    const running = await start(serving, { ...parts, workers, configText: serving.configText, warn })
    const asked = untilAsked()
    process.stderr.write(`${describe(serving, running.ports)}\n`)
    try {
      await Promise.race([asked, ...(running.failed ? [running.failed] : [])])
      process.stderr.write('stopping\n')
    } finally {
      await running.close()
    }
  })
}

async function start({ config, target }: Serving, parts: ServerParts & { configText: string }): Promise<Serves> {
  if (target === undefined) return startServer(config, parts)
  growHeapForBuffers()
  return startTarget(target, config, { ...parts, places: await openPlaces(config.log, config.storage) })
}

function describe({ config: { listen, instance }, target }: Serving, ports: Serves['ports']): string {
  const at = (name: Listener) => ports[name] !== undefined && addressOf(listen[name]!.host, ports[name])
  const [http, grpc, zipkin] = [at('otlpHttp'), at('otlpGrpc'), at('zipkin')]
  const otlp = [...(http ? [`at http://${http}/v1/traces`] : []), ...(grpc ? [`as gRPC, ${grpc}`] : [])].join(' and, ')
  return [
    `${target === undefined ? "Tempo's API" : `${target} ${instance}`} at http://${at('query')}`,
    ...(otlp ? [`OTLP ${otlp}`] : []),
    ...(zipkin ? [`Zipkin at http://${zipkin}/api/v2/spans`] : []),
    'until Ctrl-C',
  ].join('\n')
}
