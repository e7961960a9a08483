import { setTimeout as sleep } from 'node:timers/promises'
import { type RoleName, roleNames } from '../../../lib/cluster/roles/config.ts'
import type { Report } from '../../process/task.ts'
import type { ClusterRun } from '../../runs/cluster-bench-schema.ts'
import { figureOf } from '../serve/session.ts'
import type { ClusterJob } from './job.ts'
import { measureFound } from './part-found.ts'
import { measureIn } from './part-in.ts'
import { askAll, measureQueries } from './part-queries.ts'
import { measureStorage } from './part-storage.ts'
import { withCluster } from './places.ts'
import { type Idle, measuredOf, ratesOf } from './rates.ts'
import { Sent } from './sent.ts'
import { Watch } from './watch.ts'

/** Starts a cluster, sends to it, asks it, and measures all of that. */
export function measureCluster(job: ClusterJob, report: Report): Promise<ClusterRun> {
  return withCluster(job, async cluster => {
    const watch = new Watch(cluster.stack)
    const sent = await Sent.begin(cluster, job)
    try {
      const ingested = await measureIn(cluster, sent, watch, job)
      report(ingested.spans)
      const found = await measureFound(sent, job)
      const problem = await sent.problem()
      const stored = await measureStorage(cluster, ingested, problem)
      const scrape = await watch.scrape()
      const compacted = { scrape, seconds: Date.now() / 1e3, lookCount: watch.lookCount }
      const idle = await measureIdle(watch, job)
      const queries = await measureQueries(sent, job)
      const asked = await askAll(sent, watch, job)
      const parts = { job, sent, watch, stored, compacted, idle, asked }
      return {
        format: job.format,
        store: cluster.storeName,
        rates: ratesOf(parts),
        measured: measuredOf(parts),
        sections: [
          { title: 'In', figures: ingested.figures },
          { title: `Found, at ${job.spansPerSecond} spans/s`, figures: found },
          { title: 'Stored', figures: stored.figures },
          { title: 'Searched, over an hour in blocks', figures: queries.searches },
          { title: 'Metrics, over an hour in blocks', figures: queries.metrics },
          { title: 'Memory, the most of any process of a role', figures: roleNames.map(memoryOf) },
        ],
      }

      function memoryOf(role: RoleName) {
        return figureOf([watch.peakBytes(role) / 2 ** 20], { what: role, unit: 'MiB', problem })
      }
    } finally {
      await watch.stop()
      sent.load.close()
    }
  })
}

/** What roles do in some seconds in which nobody asks, for their metrics neither: to tell the lag takes requests to the store. */
async function measureIdle(watch: Watch, { cycleSeconds }: ClusterJob): Promise<Idle> {
  await watch.stop()
  const [before, startMillis] = [await watch.scrape(), performance.now()]
  await sleep(cycleSeconds * 2_000)
  const seconds = (performance.now() - startMillis) / 1e3
  const after = await watch.scrape()
  watch.start()
  return { before, after, seconds }
}
