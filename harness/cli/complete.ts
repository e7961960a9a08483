import yargs, { type Argv } from 'yargs'
import { phaseFiles } from '../compile/compiled.ts'
import { commands } from './commands.ts'
import { faultNames } from './flags.ts'

/** What the types of yargs leave out. */
interface Described {
  getOptions(): { key: object; choices: Record<string, string[]>; boolean: string[]; default: Record<string, unknown> }
  getGroups(): Record<string, string[]>
  getInternalMethods(): { getCommandInstance(): { getCommandHandlers(): Record<string, { builder: unknown }> } }
}

/** What takes a list of names, which yargs knows nothing of. */
const lists: Readonly<Record<string, () => readonly string[]>> = {
  phase: () => phaseFiles().flatMap(name => /^(\d\d)-/.exec(name)?.[1] ?? []),
  faults: () => faultNames,
}

/**
 * What the last of these words, those of a call behind the command's name, can become: commands, flags, or the values of
 * a flag. None where the shell is to complete the name of a file. A shell may part a flag from its value at the `=`.
 */
export async function complete(given: readonly string[]): Promise<string[]> {
  const words = given.map(word => (word === '=' ? '' : word)).filter((word, i) => word !== '' || i === given.length - 1)
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [, joined, start = current] = /^--([^=]+)=(.*)$/s.exec(current) ?? []
  const flag = joined ?? /^--(.+)$/.exec(before.at(-1) ?? '')?.[1] ?? ''
  const { flags, choices, commandNames } = await describe(before)
  const values = Object.hasOwn(lists, flag)
    ? inList(lists[flag]!(), start)
    : Object.hasOwn(choices, flag) && choices[flag]
  if (values)
    return values.filter(value => value.startsWith(start)).map(value => (joined ? `--${flag}=${value}` : value))
  const known = current.startsWith('-') ? flags : [...commandNames, ...(choices.shell ?? [])]
  return known.filter(name => name.startsWith(current))
}

/** Each further name of a list behind those that are there. */
function inList(names: readonly string[], start: string): string[] {
  const listed = start.slice(0, start.lastIndexOf(',') + 1)
  return names.filter(name => !listed.split(',').includes(name)).map(name => listed + name)
}

/** The flags that may follow these words, with the values that they take, and the commands that may. */
async function describe(words: readonly string[]) {
  const name = words.find(word => Object.hasOwn(commands, word))
  const parser = yargs([])
  ;(await commands[name ?? 'run']!())(parser)
  let built = build(parser, name ?? 'run')
  let commandNames = name === undefined ? Object.keys(commands) : Object.keys(handlersOf(built))
  const inner = name && commandNames.find(command => words.includes(command))
  if (inner) {
    built = build(built, inner)
    commandNames = []
  }
  const described = built as unknown as Described
  const { key, choices, boolean, default: defaults } = described.getOptions()
  const positionals = described.getGroups()['Positionals:'] ?? []
  const names = [
    ...Object.keys(key).filter(flag => !positionals.includes(flag)),
    'stack',
    ...boolean.filter(flag => defaults[flag] === true).map(flag => `no-${flag}`),
  ]
  return { flags: names.map(flag => `--${flag}`), choices, commandNames }
}

/** A parser with what a command adds to it. */
function build(parser: Argv, name: string): Argv {
  const { builder } = handlersOf(parser)[name]!
  const built = yargs([])
  if (typeof builder === 'function') builder(built)
  return built
}

function handlersOf(parser: Argv) {
  return (parser as unknown as Described).getInternalMethods().getCommandInstance().getCommandHandlers()
}
