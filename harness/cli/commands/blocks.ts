import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { isCluster, listCluster } from '../../../lib/cluster/maintain/listed.ts'
import { LabError } from '../../../lib/error.ts'
import { Blocks } from '../../../lib/serve/blocks/blocks.ts'
import type { CompactionConfig } from '../../../lib/serve/blocks/plan.ts'
import {
  type BlockLists,
  type PlannedBlock,
  planAll,
  rowOf,
  type UncountedBlock,
} from '../../../lib/serve/status/blocks.ts'
import { kindOf } from '../../../lib/storage/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { isS3Address, s3ConfigOf } from '../../../lib/storage/s3/config.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import type { BlobInfo, BlobStore } from '../../../lib/storage/store.ts'
import { planPage } from '../blocks-plan-page.ts'
import { pathFlag } from '../flags.ts'
import { compactionFrom } from '../serve-config.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { blocksPage } from '../status-pages.ts'

interface BlocksArguments extends TableArguments {
  dir: string
  config?: string | undefined
}

const dirPositional = {
  type: 'string',
  demandOption: true,
  describe: "the folder of `serve --data`, a bucket's copy, or s3://bucket/prefix",
} as const

const configFlag = {
  config: pathFlag('config', 'YAML file of Tempo, which says by which rules blocks are compacted and deleted'),
} as const

const list: CommandModule<object, BlocksArguments> = {
  command: 'list <dir>',
  describe: 'List the blocks of a store, and why each is due for compaction or deletion, or not',
  builder: yargs =>
    yargs
      .positional('dir', dirPositional)
      .options({ ...tableFlag, ...configFlag })
      .example('$0 blocks list traces', 'what a store has, and what it will do next'),
  handler: async args => {
    const found = await blocksIn(args.dir)
    const rows = plannedIn(found, await compactionFrom(args.config)).map(rowOf)
    show({ page: () => blocksPage([...rows, ...found.uncounted]) }, tableFormatOf(args))
  },
}

const plan: CommandModule<object, BlocksArguments> = {
  command: 'plan <dir>',
  describe: 'Say what is due of the blocks of a store and what is not yet, why, and when the backlog is done',
  builder: yargs =>
    yargs
      .positional('dir', dirPositional)
      .options({ ...tableFlag, ...configFlag })
      .example('$0 blocks plan s3://traces', 'what the backend workers of a cluster do next'),
  handler: async args => {
    const found = await blocksIn(args.dir)
    const compaction = await compactionFrom(args.config)
    show({ page: () => planPage(found, Date.now(), compaction) }, tableFormatOf(args))
  },
}

const showOne: CommandModule<object, { dir: string; block: string; config?: string | undefined }> = {
  command: 'show <dir> <block>',
  describe: 'Show what is known of a block, by its id or the first digits of it',
  builder: yargs =>
    yargs
      .positional('dir', dirPositional)
      .positional('block', { type: 'string', demandOption: true, describe: 'its id' })
      .options(configFlag),
  handler: async ({ dir, block, config }) => {
    const found = await blocksIn(dir)
    const planned = plannedIn(found, await compactionFrom(config)).filter(({ meta }) => meta.blockID.startsWith(block))
    const uncounted = found.uncounted.filter(({ block: id }) => id.startsWith(block))
    const all = [...planned.map(({ meta, why }) => ({ ...meta, why })), ...uncounted]
    if (all.length === 0) throw new LabError('missing', `${dir}: has no block ${block}; \`blocks list\` lists them`)
    for (const one of all) process.stdout.write(`${JSON.stringify(one, undefined, 2)}\n`)
  },
}

export const blocks: CommandModule = {
  command: 'blocks',
  describe: 'Look into the blocks of a store',
  builder: yargs => yargs.command(list).command(plan).command(showOne).demandCommand(1, 'needs list, plan or show'),
  handler: () => {},
}

interface FoundBlocks extends BlockLists {
  readonly uncounted: readonly UncountedBlock[]
}

/** What commits say where the store is a cluster's, and what metas say where it is one process's. */
async function blocksIn(dir: string): Promise<FoundBlocks> {
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`)
  const store = await blobsIn(dir)
  if (await isCluster(store)) return listCluster(store, warn)
  const found = new Blocks(store)
  const uncounted = (await found.load(warn)).map(uncountedOf)
  return {
    tenants: () => found.tenants(),
    list: tenant => found.list(tenant),
    replaced: () => found.replaced(),
    uncounted,
  }
}

/** Of the data of a block that has no meta. */
function uncountedOf({ key, byteLength }: BlobInfo): UncountedBlock {
  const [tenant = '', block = ''] = key.split('/')
  return {
    tenant,
    block,
    bytes: byteLength,
    why: 'does not count: has no meta.json; writing it goes on, or was interrupted',
  }
}

function plannedIn(found: FoundBlocks, compaction: CompactionConfig): readonly PlannedBlock[] {
  return planAll(found, Date.now(), compaction).planned
}

async function blobsIn(dir: string): Promise<BlobStore> {
  if (isS3Address(dir)) return s3Store(s3ConfigOf(dir))
  if (!existsSync(dir) || !(await kindOf(dir)).isDirectory) throw new LabError('missing', `${dir}: no such folder`)
  const own = join(dir, 'blocks')
  return folderStore(existsSync(own) ? own : dir)
}
