import { roleNames } from '../../../lib/cluster/roles/config.ts'
import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'
import { fixed, whole } from '../../text/format.ts'
import type { Page } from '../../text/page.ts'
import { number, tableOf, text } from '../../text/table.ts'
import { readable } from '../../view/serve-bench.ts'
import { type ClusterPlan, type Demand, monthSeconds, type Prices } from './plan.ts'

type Amount = readonly [what: string, value: number, unit: string]

/** A plan as tables: the processes, and what flows, is stored and is paid. */
export function clusterPlanPage(plan: ClusterPlan, rates: ClusterRates, demand: Demand, prices: Prices): Page {
  return [
    `For ${whole(demand.spansPerSecond)} spans/s, by rates measured with ${rates.of}.`,
    tableOf(
      roleNames.map(role => ({ role, ...plan.roles[role] })),
      [
        text('role', ({ role }) => role, { keep: 1 }),
        number('processes', ({ count }) => count),
        number('cores in use', ({ cores }) => cores, fixed(2)),
        number('MiB each', ({ bytes }) => bytes / 2 ** 20),
        number('MiB of all', ({ bytes, count }) => (bytes / 2 ** 20) * count),
      ],
      'roles',
    ),
    tableOf(
      amountsOf(plan, prices),
      [
        text('', ([what]) => what, { keep: 1 }),
        number('amount', ([, value]) => value, readable),
        text('unit', ([, , unit]) => unit, { keep: 1 }),
      ],
      'amounts',
    ),
  ]
}

function amountsOf(plan: ClusterPlan, prices: Prices): Amount[] {
  const { networkBytesPerSecond: network, dollarsPerMonth: dollars } = plan
  const priced = (name: string, price: number, of: string) => `${name} ($${price} ${of})`
  const cores = roleNames.reduce((sum, role) => sum + plan.roles[role].cores, 0)
  const month = (perSecond: number) => perSecond * monthSeconds
  return [
    ['partitions', plan.partitions, ''],
    ['cores in use', cores, ''],
    ['network into distributors', network.in / 1e6, 'MB/s'],
    ['network into the log, with its copies', network.log / 1e6, 'MB/s'],
    ['network out of the log', network.consumers / 1e6, 'MB/s'],
    ['network into the store', network.store / 1e6, 'MB/s'],
    ['in the log', plan.logBytes / 1e9, 'GB'],
    ['in the store', plan.storedBytes / 1e9, 'GB'],
    ['blocks', month(plan.blocksPerSecond), 'a month'],
    ['compactions', month(plan.compactionsPerSecond), 'a month'],
    ['requests that write or list', month(plan.writesPerSecond), 'a month'],
    ['requests that read, without queries', month(plan.readsPerSecond), 'a month'],
    [priced('requests that write or list', prices.thousandWrites, 'a thousand'), dollars.writes, '$ a month'],
    [priced('requests that read', prices.thousandReads, 'a thousand'), dollars.reads, '$ a month'],
    [priced('in the store', prices.storedGigabyte, 'a GB and month'), dollars.stored, '$ a month'],
  ]
}
