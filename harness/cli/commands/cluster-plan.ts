import { readFile } from 'node:fs/promises'
import type { CommandModule } from 'yargs'
import { defaultClusterConfig } from '../../../lib/cluster/roles/config.ts'
import { LabError, systemError } from '../../../lib/error.ts'
import { type Demand, defaultPrices, type Prices, planCluster } from '../../bench/cluster/plan.ts'
import { clusterPlanPage } from '../../bench/cluster/plan-page.ts'
import { runIn } from '../../bench/cluster/rates.ts'
import { releasedRun } from '../../bench/cluster/released-run.ts'
import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'
import { pathFlag, text } from '../flags.ts'
import { integer, positive, share } from '../options.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { duration, millisOf } from '../time-options.ts'

interface PlanArguments extends TableArguments {
  spansPerSecond?: number | undefined
  retention?: bigint | undefined
  logRetention?: bigint | undefined
  cycle?: bigint | undefined
  bytesPerSpan?: number | undefined
  spansPerTrace?: number | undefined
  replication?: number | undefined
  liveStores?: number | undefined
  partitions?: number | undefined
  tenants?: number | undefined
  queriesPerSecond?: number | undefined
  utilisation?: number | undefined
  priceWrites?: number | undefined
  priceReads?: number | undefined
  priceStored?: number | undefined
  rates?: string | undefined
}

const daySeconds = 24 * 3_600
const defaults = {
  retentionSeconds: 30 * daySeconds,
  logSeconds: daySeconds,
  replication: 3,
  liveReplicas: 2,
  queriesPerSecond: 0.1,
  /** What Prometheus is often set to. */
  scrapeSeconds: 15,
  utilisation: 0.6,
  cycleSeconds: defaultClusterConfig.builder.cycleMillis / 1e3,
  maxConsumingBytes: defaultClusterConfig.builder.maxBytes,
}

const above0 = (flag: string, describe: string) => ({ ...text, describe, coerce: positive(flag) }) as const
const whole = (flag: string, max: number, describe: string) =>
  ({ ...text, describe, coerce: integer(flag, 1, max) }) as const
const time = (flag: string, describe: string) => ({ ...text, describe, coerce: duration(flag) }) as const

export const planCommand: CommandModule<object, PlanArguments> = {
  command: 'plan',
  describe: 'What a cluster for a load takes, by measured rates',
  builder: yargs =>
    yargs
      .usage(
        '$0 cluster plan --spans-per-second <n>\n\nBy rates that `bench cluster` has measured, on spans like those of its' +
          ' capture: --bytes-per-span and --spans-per-trace say what yours are like, --rates has a measurement of your own.' +
          " Prices are those of S3 Standard in us-east-1; requests of queries are not in it, nor the log's machines.",
      )
      .options({
        'spans-per-second': {
          ...whole('spans-per-second', 1e8, 'spans that come in'),
          demandOption: true,
        },
        retention: time('retention', 'how long blocks are kept (default 30d)'),
        'log-retention': time('log-retention', 'how long the log keeps records (default 1d)'),
        cycle: time('cycle', `block_builder.consume_cycle_duration (default ${defaults.cycleSeconds}s)`),
        'bytes-per-span': above0('bytes-per-span', 'of compacted blocks (default as measured)'),
        'spans-per-trace': above0('spans-per-trace', '(default as measured)'),
        replication: whole('replication', 15, `copies in the log (default ${defaults.replication})`),
        'live-stores': whole('live-stores', 15, `of a partition (default ${defaults.liveReplicas})`),
        tenants: whole('tenants', 1e5, 'of the same load (default 1)'),
        partitions: whole('partitions', 1e5, 'of the log (default as many as builders and live stores need)'),
        'queries-per-second': above0(
          'queries-per-second',
          `that read all spans of an hour (default ${defaults.queriesPerSecond})`,
        ),
        utilisation: {
          ...above0('utilisation', `share of a core that is to be used (default ${defaults.utilisation})`),
          coerce: share('utilisation'),
        },
        'price-writes': above0(
          'price-writes',
          `of a thousand requests that write or list, $ (default ${defaultPrices.thousandWrites})`,
        ),
        'price-reads': above0('price-reads', `of a thousand that read, $ (default ${defaultPrices.thousandReads})`),
        'price-stored': above0('price-stored', `of a GB and month, $ (default ${defaultPrices.storedGigabyte})`),
        rates: pathFlag('rates', 'JSON of a run of `bench cluster` (default what was measured for this release)'),
        ...jsonFlag('the plan as one object'),
        ...tableFlag,
      })
      .example('$0 cluster plan --spans-per-second 100000 --retention 30d', 'a hundred thousand spans a second'),
  handler: async args => {
    const format = tableFormatOf(args)
    const rates = await ratesFor(args)
    const [demand, prices] = [demandOf(args), pricesOf(args)]
    const plan = planCluster(rates, demand, prices)
    show(
      { page: () => clusterPlanPage(plan, rates, demand, prices), json: () => ({ demand, prices, ...plan }) },
      format,
    )
  },
}

async function ratesFor({ rates: path, bytesPerSpan, spansPerTrace }: PlanArguments): Promise<ClusterRates> {
  const { rates: measured } = path === undefined ? releasedRun() : runIn(await textOf(path), path)
  return {
    ...measured,
    ...(spansPerTrace !== undefined && { spansPerTrace }),
    ...(bytesPerSpan !== undefined && { bytesPerSpan: { ...measured.bytesPerSpan, compacted: bytesPerSpan } }),
  }
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(error => {
    throw systemError(path, error)
  })
}

function demandOf(args: PlanArguments): Demand {
  const secondsOf = (nanos: bigint | undefined, usual: number) => (nanos === undefined ? usual : millisOf(nanos) / 1e3)
  const demand = {
    spansPerSecond: args.spansPerSecond!,
    retentionSeconds: secondsOf(args.retention, defaults.retentionSeconds),
    logSeconds: secondsOf(args.logRetention, defaults.logSeconds),
    cycleSeconds: secondsOf(args.cycle, defaults.cycleSeconds),
    maxConsumingBytes: defaults.maxConsumingBytes,
    scrapeSeconds: defaults.scrapeSeconds,
    replication: args.replication ?? defaults.replication,
    liveReplicas: args.liveStores ?? defaults.liveReplicas,
    partitions: args.partitions,
    tenants: args.tenants ?? 1,
    queriesPerSecond: args.queriesPerSecond ?? defaults.queriesPerSecond,
    utilisation: args.utilisation ?? defaults.utilisation,
  }
  if (demand.logSeconds > demand.cycleSeconds) return demand
  throw new LabError(
    'usage',
    `--log-retention ${demand.logSeconds} s: records are in blocks after --cycle, ${demand.cycleSeconds} s; the log has to keep them longer`,
  )
}

function pricesOf({ priceWrites, priceReads, priceStored }: PlanArguments): Prices {
  return {
    thousandWrites: priceWrites ?? defaultPrices.thousandWrites,
    thousandReads: priceReads ?? defaultPrices.thousandReads,
    storedGigabyte: priceStored ?? defaultPrices.storedGigabyte,
  }
}
