import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { prepareLookups, prepareSource } from '../../../lib/search/prepare-source.ts'
import { listenForQueries } from '../../../lib/serve/api/listen.ts'
import type { Listening } from '../../../lib/serve/drain.ts'
import { ServerMetrics } from '../../../lib/serve/metrics.ts'
import { defaultServerConfig } from '../../../lib/serve/server-config.ts'
import { addressOf } from '../../../lib/serve/started.ts'
import { filesStatus } from '../../../lib/serve/status/status.ts'
import { loadPage } from '../../compile/page.ts'
import { captureLimits, withSearchSource } from '../../open/search-source.ts'
import { untilAsked } from '../../process/signals.ts'
import { packageVersion } from '../../runs/package-version.ts'
import { plural, whole } from '../../text/format.ts'
import { withBlockpackFlags } from '../blockpack-flags.ts'
import { formatFlags, pathFlag, paths, text } from '../flags.ts'
import { integer } from '../options.ts'
import { type DataArguments, dataFlags } from '../serve-config.ts'
import { serveData } from '../serve-data.ts'
import { statusPrinter } from '../status-pages.ts'
import { duration, millisOf } from '../time-options.ts'

interface ServeArguments extends DataArguments {
  blocks?: string[] | undefined
  skipBad?: boolean | undefined
}

const { listen, api: defaultLimits } = defaultServerConfig

export const serve: CommandModule<object, ServeArguments> = {
  command: 'serve',
  describe: "Serve traces over Tempo's API, for Grafana",
  builder: yargs =>
    withBlockpackFlags(yargs, 'Blocks that are written:')
      .usage(
        "$0 serve --data <folder>\n$0 serve --blocks <paths..>\n\nAnswers TraceQL over Tempo's HTTP API and its streaming gRPC, so that Grafana's data" +
          ' source for Tempo works on blockpack files, blocks of Tempo and any captures. Files are read as they are when it' +
          ` starts; captures up to ${captureLimits.maxBytes / 2 ** 20} MiB or ${whole(captureLimits.maxSpans)} spans.` +
          ' With --data it takes spans in (OTLP over HTTP and gRPC, Zipkin), keeps them in the folder and answers from it.',
      )
      .options(dataFlags)
      .option('blocks', {
        ...text,
        array: true,
        describe: 'blockpack files, blocks of Tempo or captures to answer from',
        coerce: paths('blocks'),
      })
      .option('config', pathFlag('config', 'YAML file of Tempo; flags count more'))
      .check(({ data, blocks, bucket, config, target, ...rest }) => {
        if (target !== undefined && config === undefined)
          throw new LabError('usage', '--target: needs --config, which says where the log and the blocks are')
        for (const flag of ['instance', 'partition', 'accept-lost-records'] as const)
          if (rest[flag] !== undefined && config === undefined)
            throw new LabError('usage', `--${flag}: needs --config, which says where the log and the blocks are`)
        if (bucket !== undefined && data === undefined && target === undefined)
          throw new LabError('usage', '--bucket: needs --data, for the log; --blocks answers from a bucket as it is')
        if ((data === undefined && config === undefined) === (blocks === undefined))
          throw new LabError('usage', 'needs either --data or --blocks; or --config, which may say where the data is')
        return true
      })
      .option('host', { ...text, describe: `address to listen on (default ${listen.query.host})` })
      .option('port', {
        ...text,
        describe: `port of the API; 0 takes a free one (default ${listen.query.port})`,
        coerce: integer('port', 0, 65_535),
      })
      .option('timeout', { ...text, describe: 'how long a query may take (default 60s)', coerce: duration('timeout') })
      .option('max-query-bytes', {
        ...text,
        describe: 'bytes that a query may read (default no bound)',
        coerce: integer('max-query-bytes', 1, defaultLimits.maxBytes),
      })
      .option('skip-bad', formatFlags['skip-bad'])
      .example('$0 serve --data traces', 'a store that collectors and SDKs of OpenTelemetry send to')
      .example(
        '$0 serve --blocks traces.bp',
        'then add http://127.0.0.1:3200 in Grafana as a data source of type Tempo',
      )
      .example('$0 serve --blocks bucket/single-tenant customer.json.gz', "a copy of Tempo's bucket, and a capture")
      .example("curl -G http://127.0.0.1:3200/api/search --data-urlencode 'q={ status = error }'", 'without Grafana'),
  handler: async args => {
    const parts = { page: await loadPage(), version: packageVersion(), revision: '', statusPrinter }
    const { blocks, host = listen.query.host, port = listen.query.port, timeout, maxQueryBytes } = args
    if (blocks === undefined) return serveData(args, parts)
    const api = {
      ...parts,
      metrics: new ServerMetrics(parts.version),
      timeoutMillis: timeout === undefined ? defaultLimits.timeoutMillis : millisOf(timeout),
      maxBytes: maxQueryBytes ?? defaultLimits.maxBytes,
    }
    const { skipBad } = args
    await withSearchSource(
      blocks,
      async ({ source, files, workers }) => {
        const rows = files.map(({ name, spanCount, byteLength }) => ({
          file: name,
          spans: spanCount,
          bytes: byteLength,
        }))
        const status = filesStatus(rows, parts.version, () => ({ query: server.port }))
        const config = { ...api, source: async () => source, workers, status }
        const server: Listening = await listenForQueries(config, { host, port })
        const spanCount = files.reduce((sum, file) => sum + file.spanCount, 0)
        const at = `http://${addressOf(host, server.port)}`
        const asked = untilAsked()
        process.stderr.write(`${plural(spanCount, 'span')} of ${plural(files.length, 'file')} at ${at}, until Ctrl-C\n`)
        // Its first question finds less to do. What fails here fails for who asks.
        const preparing = new AbortController()
        const { signal } = preparing
        const prepared = prepareSource(source, { signal })
          .then(() => prepareLookups(source, { signal }))
          .catch(() => {})
        await asked
        preparing.abort()
        await prepared
        await server.close()
      },
      { skipBad },
    )
  },
}
