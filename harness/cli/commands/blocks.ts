import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { Blocks } from '../../../lib/serve/blocks/blocks.ts'
import type { BlockMeta } from '../../../lib/serve/blocks/meta.ts'
import { defaultCompaction, planBlocks } from '../../../lib/serve/blocks/plan.ts'
import { kindOf } from '../../../lib/storage/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { number, tableOf, text } from '../../text/table.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface BlocksArguments extends TableArguments {
  dir: string
}

/** A block, and what will become of it. */
interface Row {
  readonly meta: BlockMeta
  readonly why: string
}

const dirPositional = {
  type: 'string',
  demandOption: true,
  describe: "the folder of `serve --data`, or a bucket's copy",
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
    const rows = await rowsIn(args.dir)
    const page = () => [
      tableOf(rows, [
        text('tenant', ({ meta }) => meta.tenantID),
        text('block', ({ meta }) => meta.blockID, { keep: 3, isWhole: true }),
        number('level', ({ meta }) => meta.compactionLevel),
        text('received', ({ meta }) => meta.receivedTime),
        text('start', ({ meta }) => meta.startTime),
        text('end', ({ meta }) => meta.endTime),
        number('traces', ({ meta }) => meta.totalObjects),
        number('spans', ({ meta }) => meta.totalSpans),
        number('bytes', ({ meta }) => meta.size),
        text('why', ({ why }) => why, { keep: 4 }),
      ]),
      ...(rows.length > 0 ? [] : ['no blocks']),
    ]
    show({ page }, tableFormatOf(args))
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
    const found = (await rowsIn(dir)).filter(({ meta }) => meta.blockID.startsWith(block))
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

async function rowsIn(dir: string): Promise<Row[]> {
  if (!existsSync(dir) || !(await kindOf(dir)).isDirectory) throw new LabError('missing', `${dir}: no such folder`)
  const own = join(dir, 'blocks')
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`)
  const found = await Blocks.load(folderStore(existsSync(own) ? own : dir), warn)
  const live = found.tenants().flatMap(tenant => {
    const metas = found.list(tenant).map(({ meta }) => meta)
    const { reasons } = planBlocks(metas, Date.now(), defaultCompaction)
    return metas.map(meta => ({ meta, why: reasons.get(meta.blockID)! }))
  })
  const replaced = found.replaced().map(({ meta }) => ({ meta, why: 'replaced: another block has its spans' }))
  return [...live, ...replaced]
}
