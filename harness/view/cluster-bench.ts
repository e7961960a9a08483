import { dotRowFigure } from '../charts/dot-rows.ts'
import type { ClusterBench, ClusterRun } from '../runs/cluster-bench-schema.ts'
import type { Figure } from '../runs/serve-bench-schema.ts'
import { plural, times } from '../text/format.ts'
import { shorten } from '../text/names.ts'
import type { Page } from '../text/page.ts'
import { type Column, number, type Table, tableOf, text } from '../text/table.ts'
import { summaries } from './cluster-summary.ts'
import type { Document, Picture } from './document.ts'
import { reached, readable } from './serve-bench.ts'

const maxName = 34

/** A figure of each run, in their order. */
type Row = readonly (Figure | undefined)[]

/** The tables, one per subject, with the runs side by side: what they come to, what fell short, and then all of it. */
export function clusterPage(bench: ClusterBench): Page {
  return [...outcome(bench), ...sectionsOf(bench)]
}

function outcome(bench: ClusterBench): Page {
  const { runs, problems } = bench
  return [
    ...(runs.length > 1 ? ['## Side by side', summaryTable(bench)] : []),
    ...shortfalls(bench),
    ...problems.map(problem => `Not measured: ${problem}`),
  ]
}

function sectionsOf({ runs }: ClusterBench): Page {
  return titlesOf(runs).flatMap(title => {
    const rows = rowsOf(runs, title)
    return [`## ${title}`, tableOf(rows, columnsOf(runs, rows), title)]
  })
}

function titlesOf(runs: readonly ClusterRun[]): string[] {
  return [...new Set(runs.flatMap(({ sections }) => sections.map(({ title }) => title)))]
}

function summaryTable(bench: ClusterBench): Table {
  const { runs } = bench
  const rows = summaries.map(({ what, unit, of }) => runs.map(run => ({ what, unit, value: of(run, bench) })))
  return tableOf(rows, columnsOf(runs, rows), 'Side by side')
}

/** What was wanted and not reached, a line each; that a cluster on one machine shares two cores counts for all. */
function shortfalls({ runs }: ClusterBench): string[] {
  const lines = runs.flatMap(({ format, sections }) =>
    sections.flatMap(({ figures }) =>
      figures
        .filter(figure => figure.wanted && reached(figure) === 'no')
        .map(figure => `- ${format}: ${figure.what}: ${valueText(figure)}, wanted ${wantedOf(figure)}`),
    ),
  )
  return lines.length === 0 ? [] : ['What fell short:', ...lines]
}

function valueText({ value, unit, problem }: Figure): string {
  return problem ?? `${readable(value)} ${unit}`
}

function rowsOf(runs: readonly ClusterRun[], title: string): Row[] {
  const all = runs.map(({ sections }) => sections.find(section => section.title === title)?.figures ?? [])
  const names = [...new Set(all.flatMap(figures => figures.map(({ what }) => what)))]
  return names.map(name => all.map(figures => figures.find(({ what }) => what === name)))
}

/** Without those that no row has anything in. */
function columnsOf(runs: readonly ClusterRun[], rows: readonly Row[]): Column<Row>[] {
  const anyOf = (row: Row) => row.find(figure => figure !== undefined)!
  const has = (test: (figure: Figure) => unknown) => rows.some(row => row.some(figure => figure && test(figure)))
  const [isRanged, isWanted] = [has(({ range }) => range), has(({ wanted }) => wanted)]
  const formats = runs.map(({ format }) => format)
  return [
    text('', row => anyOf(row).what, { keep: 3 }),
    ...formats.map((format, i) =>
      number<Row>(format, row => row[i]?.problem ?? row[i]?.value ?? null, readable, { keep: 3 }),
    ),
    text('', row => anyOf(row).unit, { keep: 3 }),
    ...formats
      .slice(1)
      .map((format, i) =>
        number<Row>(`${format} to ${formats[0]}`, row => ratioOf(row[i + 1], row[0]), times, { keep: 2 }),
      ),
    ...(isRanged ? formats.map((format, i) => text<Row>(`${format}: lowest … highest`, row => rangeOf(row[i]))) : []),
    ...(isWanted
      ? [
          text<Row>('wanted', row => wantedOf(anyOf(row)), { keep: 1 }),
          text<Row>('reached', row => reachedBy(row, formats), { keep: 1 }),
        ]
      : []),
  ]
}

function ratioOf(one: Figure | undefined, other: Figure | undefined): number | null {
  return one?.value != null && other?.value ? one.value / other.value : null
}

function rangeOf(figure: Figure | undefined): string {
  return figure?.range?.map(readable).join(' … ') ?? ''
}

/** One word where it holds for all, else with the format of each. */
function reachedBy(row: Row, formats: readonly string[]): string {
  const words = row.map(figure => (figure ? reached(figure) : ''))
  if (new Set(words).size === 1) return words[0]!
  return words.flatMap((word, i) => (word === '' ? [] : `${formats[i]} ${word}`)).join(', ')
}

function wantedOf({ wanted }: Figure): string {
  return wanted ? `${wanted[0]} ${readable(wanted[1])}` : ''
}

/** How long each query takes, a dot for each format; none where no run was asked. */
function latencyPictures({ runs, input }: ClusterBench): Picture[] {
  const isAsked = (title: string) => title.startsWith('Searched') || title.startsWith('Metrics')
  const rows = titlesOf(runs)
    .filter(isAsked)
    .flatMap(title => rowsOf(runs, title))
    .filter(row => row.some(figure => figure?.value != null))
  if (rows.length === 0) return []
  const figure = dotRowFigure({
    title: 'Latency by query',
    subtitle: `${input.source}, through the query frontend, all in blocks`,
    rows: rows.map(row => shorten(row.find(figure => figure !== undefined)!.what, maxName)),
    x: { label: 'ms', scale: 'log', print: readable },
    sets: runs.map(({ format }, i) => ({
      name: format,
      isFilled: true,
      values: rows.map(row => row[i]?.value ?? null),
    })),
  })
  return [{ suffix: '', figure }]
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
      `${environment.cpu}, ${environment.cores} cores, ${environment.platform}. By \`${environment.command}\`: ${plural(job.rounds, 'round')} ` +
      `of ${job.seconds} s after one that does not count; seed ${job.seed}.`,
    `All on this machine, each a process: Kafka with ${job.brokers === 1 ? 'one broker' : 'three brokers and replication 3'}, ` +
      `${store}, two partitions, ${roles.join(', ')}, and the load generator, which replays a capture as OTLP over HTTP, ` +
      `512 spans per request. Blocks are made every ${job.cycleSeconds} s. CPU, memory, lag and requests are what roles ` +
      "say at /metrics, those of Kafka and Ceph what the system does. A number is shown where the frontend then counted exactly the spans that were acknowledged, and a query's where its answer over the newest round equals that over the traces as they were sent.",
    ...(runs.some(({ format }) => format === 'vParquet4')
      ? [
          'Blocks of vParquet4 are written and read by this store, too: what Tempo itself takes with them is not measured here.',
        ]
      : []),
    ...outcome(bench),
    ...latencyPictures(bench),
    ...sectionsOf(bench),
  ]
}
