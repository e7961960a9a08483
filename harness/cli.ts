import { rmSync } from 'node:fs'
import yargs, { type Argv } from 'yargs'
import { LabError, messageOf } from '../lib/error.ts'
import { hint } from '../lib/nearest.ts'
import { pending } from '../lib/storage/local.ts'
import { blockpackFlags } from './blockpack-flags.ts'
import { bench } from './commands/bench.ts'
import { compact } from './commands/compact.ts'
import { convert } from './commands/convert.ts'
import { generate } from './commands/generate.ts'
import { inspect } from './commands/inspect.ts'
import { list } from './commands/list.ts'
import { profile } from './commands/profile.ts'
import { query } from './commands/query.ts'
import { run, runFlags } from './commands/run.ts'
import { similar } from './commands/similar.ts'
import { size } from './commands/size.ts'
import { tagValuesOf } from './commands/tag-values.ts'
import { tags } from './commands/tags.ts'
import { trace } from './commands/trace.ts'
import { packageVersion } from './environment.ts'
import { dash } from './flags.ts'
import { killTasks } from './run-task.ts'
import { workFolders } from './work-folder.ts'

const knownNames = [
  'run',
  'list',
  'generate',
  'convert',
  'compact',
  'trace',
  'query',
  'tags',
  'tag-values',
  'explain',
  'start',
  'end',
  'spss',
  'step',
  'svg',
  'scope',
  'inspect',
  'similar',
  'size',
  'bench',
  'profile',
  'faults-out',
  'scale',
  'kernels',
  'blocks',
  'queries',
  'out',
  'to',
  'days',
  'price',
  'spans-per-day',
  'help',
  'version',
  ...Object.keys(runFlags),
  ...Object.keys(blockpackFlags),
]

/** Runs one command and sets the exit code: 0, 1 where something failed, 2 for a wrong call, 130 when interrupted. */
export async function main(args: readonly string[]): Promise<void> {
  const signals = { SIGINT: () => leave(130), SIGTERM: () => leave(143) }
  for (const [signal, listener] of Object.entries(signals)) process.once(signal, listener)
  process.stdout.on('error', leaveQuietly)
  try {
    await parser(args).parseAsync()
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = error instanceof LabError && error.kind === 'usage' ? 2 : 1
  } finally {
    for (const [signal, listener] of Object.entries(signals)) process.off(signal, listener)
    process.stdout.off('error', leaveQuietly)
  }
}

function parser(args: readonly string[]): Argv {
  return yargs(joinDashes(args))
    .scriptName('npx tsx main.ts')
    .usage('How should traces be stored? Every format measured on your own, each number earned by a proved round trip.')
    .command(run)
    .command(list)
    .command(generate)
    .command(convert)
    .command(compact)
    .command(inspect)
    .command(trace)
    .command(query)
    .command(tags)
    .command(tagValuesOf)
    .command(similar)
    .command(size)
    .command(profile)
    .command(bench)
    .option('stack', { type: 'boolean', default: false, global: true, describe: 'print the stack of an error' })
    .version(packageVersion())
    .help()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Error && error.name !== 'YError' ? error : new LabError('usage', explain(message))
    })
}

/** `--input -` as `--input=-`, and a mark for other lone dashes: yargs takes one for the next flag, or drops it. */
function joinDashes(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const last = joined.at(-1)
    if (arg === '-' && last?.startsWith('--') && !last.includes('=')) joined[joined.length - 1] = `${last}=-`
    else joined.push(arg === '-' ? dash : arg)
  }
  return joined
}

/** What yargs says of a wrong call; to an unknown name the one is added that was likely meant. */
function explain(message: string): string {
  const unknown = /^Unknown (argument|command)s?: ([^,\n]+)/.exec(message)
  if (!unknown) return message.split('\n', 1)[0]!
  return `unknown ${unknown[1]} ${unknown[2]}${hint(unknown[2]!, knownNames)}; --help lists all`
}

function describe(error: unknown): string {
  return process.argv.includes('--stack') && error instanceof Error ? String(error.stack) : messageOf(error)
}

/** A reader of standard output that has seen enough, such as `head`, is no error. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  leave(0)
}

/** Leaves at once, with nothing half-written behind. */
function leave(code: number): void {
  killTasks()
  for (const file of pending) rmSync(file, { force: true })
  for (const folder of workFolders) rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}
