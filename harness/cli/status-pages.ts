import type { BlockRow, UncountedBlock } from '../../lib/serve/status/blocks.ts'
import type { FileRow, StatusPrinter, TenantRow } from '../../lib/serve/status/status.ts'
import { fixed } from '../text/format.ts'
import { type Page, printPage } from '../text/page.ts'
import { plain } from '../text/screen.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'

/** The blocks of a store for people: by `blocks list`, and at `/status/blocks`. Of those that do not count little is known. */
export function blocksPage(rows: readonly (BlockRow | UncountedBlock)[]): Page {
  const known = (name: keyof BlockRow) => (row: Partial<BlockRow>) => row[name] ?? null
  const table = tableOf(rows, [
    text('tenant', row => row.tenant),
    text('block', row => row.block, { keep: 3, isWhole: true }),
    number('level', known('level')),
    text('received', known('received')),
    text('start', known('start')),
    text('end', known('end')),
    number('traces', known('traces')),
    number('spans', known('spans')),
    number('bytes', row => row.bytes),
    text('why', row => row.why, { keep: 4 }),
  ])
  return [table, ...(rows.length > 0 ? [] : ['no blocks'])]
}

function filesTable(files: readonly FileRow[]): Table {
  return tableOf(files, [
    text('file', row => row.file),
    number('spans', row => row.spans),
    number('bytes', row => row.bytes),
  ])
}

function tenantsTable(tenants: readonly TenantRow[]): Table {
  return tableOf(tenants, [
    text('tenant', row => row.tenant),
    number('spans/s', row => row.spansPerSecond, fixed(1)),
    number('bytes/s', row => row.bytesPerSecond, fixed(0)),
    number('requests/s', row => row.requestsPerSecond, fixed(1)),
    number('spans', row => row.spans),
    number('requests', row => row.requests),
    number('refused', row => row.refused),
    number('rejected spans', row => row.rejectedSpans),
    number('recent spans', row => row.recentSpans),
    number('blocks', row => row.blocks),
    number('block spans', row => row.blockSpans),
    number('block bytes', row => row.blockBytes),
  ])
}

function tenantsPage(tenants: readonly TenantRow[]): Page {
  return [tenants.length > 0 ? tenantsTable(tenants) : 'no tenants']
}

const print = (page: Page) => printPage(page, 'table', plain)
const factsTable = (facts: object) =>
  tableOf(Object.entries(facts), [text('fact', ([name]) => name), number('value', ([, value]) => value as number)])

/** The pages of a server's status as plain text. */
export const statusPrinter: StatusPrinter = {
  status: ({ version, started, uptimeSeconds, ports, store, tenants, files, warnings, warningCount }) =>
    print([
      `version ${version}, started ${started}, ${uptimeSeconds} s ago\n`,
      tableOf(Object.entries(ports), [text('port of', ([name]) => name), text('number', ([, port]) => String(port))]),
      ...(store ? ['', factsTable(store)] : []),
      ...(tenants ? ['', ...tenantsPage(tenants)] : []),
      ...(files ? ['', filesTable(files)] : []),
      `\nwarnings: ${warningCount}`,
      ...warnings.map(({ time, message }) => `${time} ${message}`),
    ]),
  blocks: ({ blocks, files, backlog }) =>
    files ? print([filesTable(files)]) : `${print(blocksPage(blocks))}${backlog}\n`,
  tenants: tenants =>
    tenants === undefined ? 'files are served to every tenant alike\n' : print(tenantsPage(tenants)),
}
