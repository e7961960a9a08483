import type { ClusterBench, ClusterRun } from '../runs/cluster-bench-schema.ts'
import type { Figure } from '../runs/serve-bench-schema.ts'
import type { Page } from '../text/page.ts'
import { type Column, number, tableOf, text } from '../text/table.ts'
import type { Document } from './document.ts'
import { reached, readable } from './serve-bench.ts'

/** A figure of each run, in their order. */
type Row = readonly (Figure | undefined)[]

/** The tables, one per subject, with the runs side by side. */
export function clusterPage({ runs, problems }: ClusterBench): Page {
  const titles = runs[0]?.sections.map(({ title }) => title) ?? []
  return [
    ...titles.flatMap(title => [`## ${title}`, tableOf(rowsOf(runs, title), columnsOf(runs), title)]),
    ...problems.map(problem => `Not measured: ${problem}`),
  ]
}

function rowsOf(runs: readonly ClusterRun[], title: string): Row[] {
  const all = runs.map(({ sections }) => sections.find(section => section.title === title)?.figures ?? [])
  const names = [...new Set(all.flatMap(figures => figures.map(({ what }) => what)))]
  return names.map(name => all.map(figures => figures.find(({ what }) => what === name)))
}

function columnsOf(runs: readonly ClusterRun[]): Column<Row>[] {
  const anyOf = (row: Row) => row.find(figure => figure !== undefined)!
  return [
    text('', row => anyOf(row).what, { keep: 1 }),
    ...runs.flatMap(({ format }, i) => [
      number<Row>(format, row => row[i]?.problem ?? row[i]?.value ?? null, readable, { keep: 1 }),
      text<Row>('lowest … highest', row => row[i]?.range?.map(readable).join(' … ') ?? ''),
    ]),
    text('', row => anyOf(row).unit, { keep: 1 }),
    text('wanted', row => wantedOf(anyOf(row))),
    text('reached', row => row.flatMap(figure => (figure && reached(figure)) || []).join(', ')),
  ]
}

function wantedOf({ wanted }: Figure): string {
  return wanted ? `${wanted[0]} ${readable(wanted[1])}` : ''
}

/** The page of the cluster. */
export function clusterDocument(bench: ClusterBench): Document {
  const { environment, job, runs } = bench
  const { counts } = job
  const store = runs[0]?.store === 'folder' ? 'a folder in place of an object store' : 'Ceph, in memory'
  const roles = Object.entries(counts).map(([role, count]) => `${count} ${role}`)
  return [
    '# The cluster under load',
    `${environment.date.slice(0, 10)}, commit ${environment.commit ?? environment.version}, Node ${environment.node}, ` +
      `${environment.cpu}, ${environment.cores} cores, ${environment.platform}. By \`${environment.command}\`: ${job.rounds} rounds ` +
      `of ${job.seconds} s after one that does not count; seed ${job.seed}.`,
    `All on this machine, each a process: Kafka with ${job.brokers === 1 ? 'one broker' : 'three brokers and replication 3'}, ` +
      `${store}, two partitions, ${roles.join(', ')}, and the load generator, which replays a capture as OTLP over HTTP, ` +
      `512 spans per request. Blocks are made every ${job.cycleSeconds} s. CPU, memory, lag and requests are what roles ` +
      "say at /metrics, those of Kafka and Ceph what the system does. A number is shown where the frontend then counted exactly the spans that were acknowledged, and a query's where its answer over the newest round equals that over the traces as they were sent.",
    ...clusterPage(bench),
  ]
}
