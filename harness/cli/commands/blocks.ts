import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { Blocks } from '../../../lib/serve/blocks/blocks.ts'
import { defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import { type PlannedBlock, planAll, rowOf } from '../../../lib/serve/status/blocks.ts'
import { kindOf } from '../../../lib/storage/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { isS3Address, s3ConfigOf } from '../../../lib/storage/s3/config.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import type { BlobStore } from '../../../lib/storage/store.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { blocksPage } from '../status-pages.ts'

interface BlocksArguments extends TableArguments {
  dir: string
}

const dirPositional = {
  type: 'string',
  demandOption: true,
  describe: "the folder of `serve --data`, a bucket's copy, or s3://bucket/prefix",
} as const

const list: CommandModule<object, BlocksArguments> = {
  command: 'list <dir>',
  describe: 'List the blocks of a store, and why each is due for compaction or deletion, or not',
  builder: yargs =>
    yargs
      .positional('dir', dirPositional)
      .options(tableFlag)
      .example('$0 blocks list traces', 'what a store has, and what it will do next'),
  handler: async args => {
    const rows = await blocksIn(args.dir)
    show({ page: () => blocksPage(rows.map(rowOf)) }, tableFormatOf(args))
  },
}

const showOne: CommandModule<object, { dir: string; block: string }> = {
  command: 'show <dir> <block>',
  describe: 'Show what is known of a block, by its id or the first digits of it',
  builder: yargs =>
    yargs
      .positional('dir', dirPositional)
      .positional('block', { type: 'string', demandOption: true, describe: 'its id' }),
  handler: async ({ dir, block }) => {
    const found = (await blocksIn(dir)).filter(({ meta }) => meta.blockID.startsWith(block))
    if (found.length === 0) throw new LabError('missing', `${dir}: has no block ${block}; \`blocks list\` lists them`)
    for (const { meta, why } of found) process.stdout.write(`${JSON.stringify({ ...meta, why }, undefined, 2)}\n`)
  },
}

export const blocks: CommandModule = {
  command: 'blocks',
  describe: 'Look into the blocks of a store',
  builder: yargs => yargs.command(list).command(showOne).demandCommand(1, 'needs list or show'),
  handler: () => {},
}

async function blocksIn(dir: string): Promise<readonly PlannedBlock[]> {
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`)
  const found = new Blocks(await blobsIn(dir))
  await found.load(warn)
  return planAll(found, Date.now(), defaultCompaction).planned
}

async function blobsIn(dir: string): Promise<BlobStore> {
  if (isS3Address(dir)) return s3Store(s3ConfigOf(dir))
  if (!existsSync(dir) || !(await kindOf(dir)).isDirectory) throw new LabError('missing', `${dir}: no such folder`)
  const own = join(dir, 'blocks')
  return folderStore(existsSync(own) ? own : dir)
}
