import type { FastifyInstance } from 'fastify'
import { routeLabel, type ServerMetrics } from './metrics.ts'
import type { LogFile, LogFiles } from './wal/files.ts'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

/** Observes the requests of an HTTP server. */
export function observeHttp(app: FastifyInstance, metrics: ServerMetrics | undefined): void {
  if (metrics === undefined) return
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    const label = methods.has(method) ? method : 'other'
    metrics.requestEnded(label, routeLabel(routeOptions.url), String(statusCode), elapsedTime / 1_000)
  })
}

/** Observes calls of gRPC; `run` gives whether it succeeded. */
export async function observeCall(
  metrics: ServerMetrics | undefined,
  path: string,
  run: () => Promise<boolean>,
): Promise<void> {
  const startMillis = performance.now()
  const isOk = await run()
  metrics?.requestEnded('gRPC', path, isOk ? 'success' : 'error', (performance.now() - startMillis) / 1_000)
}

/** The files of a log, whose writes and syncs are observed. */
export function observedLog(files: LogFiles, metrics: ServerMetrics): LogFiles {
  return { ...files, create: async name => observedFile(await files.create(name), metrics) }
}

function observedFile(file: LogFile, metrics: ServerMetrics): LogFile {
  return {
    append: async parts => {
      await file.append(parts)
      metrics.logWritten(parts.reduce((sum, part) => sum + part.length, 0))
    },
    sync: async () => {
      const startMillis = performance.now()
      await file.sync()
      metrics.logSynced((performance.now() - startMillis) / 1_000)
    },
    truncate: byteLength => file.truncate(byteLength),
    close: () => file.close(),
  }
}
