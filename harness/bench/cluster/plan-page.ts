import { roleNames } from '../../../lib/cluster/roles/config.ts'
import { defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'
import { fixed, whole } from '../../text/format.ts'
import type { Page } from '../../text/page.ts'
import { number, tableOf, text } from '../../text/table.ts'
import { readable } from '../../view/serve-bench.ts'
import { type ClusterPlan, type Demand, monthSeconds, type Prices } from './plan.ts'

type Amount = readonly [what: string, value: number, unit: string, from: string]

/** A plan as tables: the processes, and what flows, is stored and is paid, each with what it follows from. */
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
      [...flowsOf(plan, rates, demand), ...requestsOf(plan, rates, demand), ...moneyOf(plan, prices)],
      [
        text('', ([what]) => what, { keep: 1 }),
        number('amount', ([, value]) => value, readable),
        text('unit', ([, , unit]) => unit, { keep: 1 }),
        text('from', ([, , , from]) => from),
      ],
      'amounts',
    ),
    'Not in it: machines, the disks of the log, traffic between zones, and requests that read for queries.',
    ...plan.problems,
  ]
}

function flowsOf(plan: ClusterPlan, { bytesPerSpan }: ClusterRates, demand: Demand): Amount[] {
  const { networkBytesPerSecond: network } = plan
  const each = (bytes: number, of: string) => `${readable(bytes)} B/span ${of}`
  const sum = (of: 'cores' | 'bytes', times: (count: number) => number) =>
    roleNames.reduce((total, role) => total + plan.roles[role][of] * times(plan.roles[role].count), 0)
  const days = demand.retentionSeconds / 86_400
  return [
    ['partitions', plan.partitions, '', partitionsFrom(demand)],
    ['cores in use', sum('cores', () => 1), '', 'CPU per span, as measured'],
    ['memory', sum('bytes', count => count) / 2 ** 30, 'GiB', 'the most as measured, and what this load has in memory'],
    ['network into distributors', network.in / 1e6, 'MB/s', each(bytesPerSpan.request, 'of OTLP')],
    [
      'network into the log, with its copies',
      network.log / 1e6,
      'MB/s',
      `${each(bytesPerSpan.record, 'in the log')}, ${demand.replication} copies`,
    ],
    [
      'network out of the log',
      network.consumers / 1e6,
      'MB/s',
      `a builder and ${demand.liveReplicas} live stores read each`,
    ],
    [
      'network into the store',
      network.store / 1e6,
      'MB/s',
      `${each(bytesPerSpan.fresh, 'at first')}, ${readable(bytesPerSpan.compacted)} for each of ${readable(plan.rewrites)} compactions`,
    ],
    ['in the log', plan.logBytes / 1e9, 'GB', `${readable(demand.logSeconds / 3_600)} h, with its copies`],
    [
      'in the store',
      plan.storedBytes / 1e9,
      'GB',
      `${readable(days)} days, ${each(bytesPerSpan.compacted, '')}`.trim(),
    ],
    [
      'indexes of traces, of which a frontend holds what was asked for last',
      plan.indexBytes / 1e9,
      'GB',
      '8 B a trace in blocks',
    ],
  ]
}

function partitionsFrom({ partitions, utilisation }: Demand): string {
  return partitions === undefined ? `a builder and a live store of one use ${utilisation} of a core` : 'as asked for'
}

function requestsOf(plan: ClusterPlan, { requests }: ClusterRates, demand: Demand): Amount[] {
  const month = (perSecond: number) => perSecond * monthSeconds
  const hours = defaultCompaction.windowMillis / 3_600_000
  return [
    [
      'blocks',
      month(plan.blocksPerSecond),
      'a month',
      `one per tenant, partition and ${demand.cycleSeconds} s, or by memory`,
    ],
    [
      'compactions',
      month(plan.compactionsPerSecond),
      'a month',
      `by the rules of workers, of the blocks of ${hours} h`,
    ],
    [
      'requests that write or list',
      month(plan.writesPerSecond),
      'a month',
      `${readable(requests.block)} a block, ${readable(requests.compaction)} a compaction; the ring and lists, as measured`,
    ],
    [
      'requests that read, without queries',
      month(plan.readsPerSecond),
      'a month',
      'compactions read pieces of 4 MiB; the ring and commits, as measured',
    ],
  ]
}

function moneyOf({ dollarsPerMonth: dollars }: ClusterPlan, prices: Prices): Amount[] {
  return [
    ['requests that write or list', dollars.writes, '$ a month', `$${prices.thousandWrites} a thousand`],
    ['requests that read', dollars.reads, '$ a month', `$${prices.thousandReads} a thousand`],
    ['in the store', dollars.stored, '$ a month', `$${prices.storedGigabyte} a GB and month`],
    ['together', dollars.writes + dollars.reads + dollars.stored, '$ a month', ''],
  ]
}
