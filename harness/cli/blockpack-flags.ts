import { readFile } from 'node:fs/promises'
import type { Argv, Options } from 'yargs'
import { LabError } from '../../lib/error.ts'
import {
  type BlockpackConfig,
  configure,
  type Given,
  type ProfileName,
  printRule,
  profiles,
  type Setting,
  settings,
} from '../../lib/formats/blockpack/write/config.ts'
import { parseTempoConfig } from '../../lib/formats/blockpack/write/tempo-config.ts'
import { pathFlag, text } from './flags.ts'
import { choice, integer, oneOf } from './options.ts'

const profileNames = Object.keys(profiles) as ProfileName[]

/** How to write blockpack: a profile, a file, and a flag for each of the nine keys. */
export const blockpackFlags: Readonly<Record<string, Options>> = {
  profile: choice('profile', profileNames, 'settings of blockpack to begin with'),
  config: pathFlag('config', 'YAML file of Tempo with storage.trace.block.blockpack'),
  ...Object.fromEntries(settings.map(setting => [flagOf(setting), optionOf(setting)])),
}

/** What the flags give; that they are named as the fields of the configuration is yargs' doing. */
export type BlockpackArguments = {
  [Name in keyof BlockpackConfig]?: BlockpackConfig[Name] | undefined
} & { profile?: ProfileName | undefined; config?: string | undefined }

/** A command with these flags, told in a group of their own. */
export function withBlockpackFlags<T>(yargs: Argv<T>, title = 'Blockpack:'): Argv<T & BlockpackArguments> {
  const flagged = yargs.options(blockpackFlags).group(Object.keys(blockpackFlags), title)
  return flagged as unknown as Argv<T & BlockpackArguments>
}

/** The configuration: a flag before the file, the file before the profile. What has no effect is told on stderr. */
export async function blockpackConfigFrom(args: BlockpackArguments): Promise<BlockpackConfig> {
  const ofFile = args.config === undefined ? {} : parseTempoConfig(await readConfig(args.config), args.config)
  const { config, warnings } = configure(args.profile ?? 'default', ofFile, givenFrom(args))
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  return config
}

/** The settings that flags give. */
export function givenFrom(args: BlockpackArguments): Given {
  return Object.fromEntries(settings.flatMap(({ name }) => (args[name] === undefined ? [] : [[name, args[name]]])))
}

/** The text that `--config` names. */
export function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new LabError('missing', `${path}: no such file, or not readable`)
  })
}

/** `--compression-codec` for `compression_codec`. */
function flagOf({ key }: Setting): string {
  return key.replaceAll('_', '-')
}

/** Switches are texts for yargs too: of its own, `=maybe` would be false. */
function optionOf(setting: Setting): Options {
  const { rule, name } = setting
  const flag = flagOf(setting)
  const describe = `${setting.describe}: ${printRule(rule)} (default ${profiles.default[name]})`
  if (rule.kind === 'choice') return choice(flag, rule.choices, describe)
  if (rule.kind === 'integer') return { ...text, describe, coerce: integer(flag, rule.min, rule.max) }
  return { type: 'string', describe, coerce: switchOf(flag) }
}

/** Reads `--flag`, `--flag=true`, `--flag=false` and `--no-flag`. */
function switchOf(flag: string): (given: unknown) => boolean | undefined {
  const read = oneOf(flag, ['true', 'false'])
  return given => {
    if (given === '' || given === undefined) return given === '' ? true : undefined
    return read(Array.isArray(given) ? given : String(given)) === 'true'
  }
}
