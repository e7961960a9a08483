import { promisify } from 'node:util'
import yargs, { type Argv } from 'yargs'
import { LabError, messageOf } from '../../lib/error.ts'
import { hint } from '../../lib/nearest.ts'
import { removePending } from '../../lib/storage/temporary.ts'
import { systemReason } from '../../lib/system-reasons.ts'
import { commandName } from '../compile/compiled.ts'
import { killTasks } from '../process/run-task.ts'
import { packageVersion } from '../runs/package-version.ts'
import { commands } from './commands.ts'
import { dash } from './options.ts'

/** Runs one command and sets the exit code: 0, 1 where something failed, 2 for a wrong call, 129, 130, 143 by a signal. */
export async function main(args: readonly string[]): Promise<void> {
  const signals = { SIGINT: () => leave(130), SIGTERM: () => leave(143), SIGHUP: () => leave(129) }
  for (const [signal, listener] of Object.entries(signals)) process.once(signal, listener)
  process.stdout.on('error', leaveForOutput)
  process.stderr.on('error', ignore)
  const warned = process.listeners('warning')
  process.removeAllListeners('warning').on('warning', tell)
  try {
    if (args[0] === '--complete') await printCompletions(args.slice(1))
    else await (await parser(args)).parseAsync()
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = error instanceof LabError && error.kind === 'usage' ? 2 : 1
  } finally {
    for (const [signal, listener] of Object.entries(signals)) process.off(signal, listener)
    await errorsReported()
    process.stdout.off('error', leaveForOutput)
    process.stderr.off('error', ignore)
    process.off('warning', tell)
    for (const listener of warned) process.on('warning', listener)
  }
}

/** What Node prints with its process id and a hint for programmers, as a line. */
function tell(warning: Error): void {
  process.stderr.write(`warning: ${warning.message}\n`)
}

/** What a shell asks for by the script of `completion`. */
async function printCompletions(words: readonly string[]): Promise<void> {
  const { complete } = await import('./complete.ts')
  for (const word of await complete(words)) console.log(word)
}

async function parser(args: readonly string[]): Promise<Argv> {
  const called = await Promise.all(namesIn(args).map(name => commands[name]!()))
  const parser = yargs(joinDashes(args))
    .scriptName(commandName())
    .usage('How should traces be stored? Every format measured on your own, each number earned by a proved round trip.')
    .option('stack', { type: 'boolean', default: false, global: true, describe: 'print the stack of an error' })
    .detectLocale(false)
    .version(packageVersion())
    .help()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Error && error.name !== 'YError' ? error : new LabError('usage', explain(message, parser))
    })
  for (const add of called) add(parser)
  return parser
}

/** The commands that these arguments can be a call of: all for their help, else those named and the default. */
function namesIn(args: readonly string[]): string[] {
  const names = Object.keys(commands)
  const isHelp = args.some(arg => /^(?:--)?help(?:=|$)/.test(arg))
  if (names.includes(args[0] ?? '')) return names.filter(name => args.includes(name))
  return isHelp ? names : names.filter(name => name === 'run' || args.includes(name))
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

/** What yargs says of a wrong call, with the likely name for an unknown one. */
function explain(message: string, parser: Argv): string {
  const unknown = /^Unknown (argument|command)s?: ([^,\n]+)/.exec(message)
  if (!unknown) return message.split('\n', 1)[0]!
  return `unknown ${unknown[1]} ${unknown[2]}${hint(unknown[2]!, knownNames(parser))}; --help lists all`
}

/** Of commands, and of the flags and commands of the one that was called; the types of yargs leave these out. */
function knownNames(parser: Argv): string[] {
  const { getOptions, getInternalMethods } = parser as unknown as {
    getOptions(): { key: Record<string, unknown> }
    getInternalMethods(): { getCommandInstance(): { getCommands(): string[] } }
  }
  const called = getInternalMethods.call(parser).getCommandInstance().getCommands()
  return [...Object.keys(commands), ...called, ...Object.keys(getOptions.call(parser).key)]
}

function describe(error: unknown): string {
  return process.argv.includes('--stack') && error instanceof Error ? String(error.stack) : messageOf(error)
}

/** A stream reports an error of its last write a moment later. */
const errorsReported = promisify(setImmediate)

/** A reader of standard output that has seen enough, such as `head`, is not an error. */
function leaveForOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') leave(0)
  process.stderr.write(`standard output: ${systemReason(error) ?? error.message}\n`)
  leave(1)
}

/** Without a standard error there is nobody to tell. */
function ignore(): void {}

/** Leaves at once, with nothing half-written behind. */
function leave(code: number): never {
  killTasks()
  removePending()
  process.exit(code)
}
