import type { RoleName } from '../../../lib/cluster/roles/config.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { figureOf } from '../serve/session.ts'
import type { ClusterJob } from './job.ts'
import { type Cluster, engines } from './places.ts'
import type { Sent } from './sent.ts'
import { between, type LagPoint, type Scrape, type Watch } from './watch.ts'

/** Roles through which spans go on their way in, and how many times: each live store of a partition has all of them. */
export const inRoles = ['distributor', 'block-builder', 'live-store'] as const satisfies readonly RoleName[]

/** What went in, at what cost. */
export interface Ingested {
  readonly figures: Figure[]
  readonly spans: number
  readonly seconds: number
  readonly before: Scrape
  readonly after: Scrape
}

/** How many spans per second are acknowledged and in blocks, what they cost, and how far blocks are behind meanwhile. */
export async function measureIn(cluster: Cluster, sent: Sent, watch: Watch, job: ClusterJob): Promise<Ingested> {
  // For code to be compiled.
  await sent.send(job.seconds)
  await sent.stored()
  const { load } = sent
  const [before, enginesBefore, spansBefore] = [await watch.scrape(), cluster.cpuSeconds(), load.acknowledgedSpans]
  const [start, lagStart, ownBefore] = [performance.now(), watch.lag.length, process.cpuUsage()]
  const rates: number[] = []
  for (let round = 0; round < job.rounds; round++) rates.push(await sent.send(job.seconds))
  await sent.finishRound()
  const sentMillis = performance.now() - start
  const { user, system } = process.cpuUsage(ownBefore)
  await sent.stored()
  const seconds = (performance.now() - start) / 1e3
  const [after, enginesAfter] = [await watch.scrape(), cluster.cpuSeconds()]
  const spans = load.acknowledgedSpans - spansBefore
  const problem = await sent.problem()
  const perSpan = (what: string, cpuSeconds: number): Figure =>
    figureOf([(cpuSeconds / spans) * 1e6], { what: `CPU per span: ${what}`, unit: 'µs', problem })
  const byRole = inRoles.map(role => [role, between(before, after, role, cpuMetric)] as const)
  return {
    ...{ spans, seconds, before, after },
    figures: [
      figureOf(rates, { what: 'acknowledged', unit: 'spans/s', wanted: ['≥', 25_000], problem }),
      figureOf([spans / seconds], {
        what: 'in blocks, until the last one is',
        unit: 'spans/s',
        wanted: ['≥', 25_000],
        problem,
      }),
      ...byRole.map(([role, cpuSeconds]) =>
        figureOf([spans / cpuSeconds], {
          what: `spans per CPU second: ${nameOf(role, job)}`,
          unit: 'spans/s',
          problem,
        }),
      ),
      ...byRole.map(([role, cpuSeconds]) => perSpan(nameOf(role, job), cpuSeconds)),
      ...(['backend-worker', 'querier', 'query-frontend'] as const).map(role =>
        perSpan(nameOf(role, job), between(before, after, role, cpuMetric)),
      ),
      ...engines.map(name => perSpan(name, enginesAfter[name] - enginesBefore[name])),
      perSpan('the load generator', (user + system) / 1e6),
      ...lagFigures(watch.lag.slice(lagStart), (performance.now() - start - sentMillis) / 1e3, problem),
    ],
  }
}

const cpuMetric = 'process_cpu_seconds_total'

function nameOf(role: RoleName, { counts }: ClusterJob): string {
  return counts[role] === 1 ? role : `all ${counts[role]} of ${role}`
}

function lagFigures(points: readonly LagPoint[], drainSeconds: number, problem: string | undefined): Figure[] {
  const partitions = [...new Set(points.map(({ partition }) => partition))].sort()
  return [
    ...partitions.map(partition => {
      const own = points.filter(point => point.partition === partition).map(({ records }) => records)
      return figureOf([Math.max(...own)], { what: `lag of partition ${partition}, the most`, unit: 'records', problem })
    }),
    figureOf([drainSeconds], { what: 'from the last acknowledgement until the lag is 0', unit: 's', problem }),
  ]
}
