import { execFileSync } from 'node:child_process'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { zstdProvider } from '../../lib/codecs/compress.ts'
import { commandName, isInstalled, root } from '../compile/compiled.ts'
import { packageVersion } from './package-version.ts'
import type { Environment } from './run-schema.ts'

/** Where and with what a run took place. */
export function describeEnvironment(settings: Pick<Environment, 'lanes' | 'zstdLevel'>): Omit<Environment, 'rounds'> {
  const processors = cpus()
  return {
    date: new Date().toISOString(),
    commit: commit(),
    version: packageVersion(),
    node: process.version,
    zstd: zstdProvider(),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    command: commandLine(),
    ...settings,
  }
}

/** The command that runs, as one types it. */
function commandLine(): string {
  const words = process.argv
    .slice(2)
    .map(word => (/^[\w./:=,%@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return [commandName(), ...words].join(' ')
}

/** The commit that is checked out, marked where files but results differ from it; null outside a checkout. */
function commit(): string | null {
  if (isInstalled()) return null
  try {
    const head = git('rev-parse', '--short=12', 'HEAD')
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!results')
    return changes === '' ? head : `${head}, changed`
  } catch {
    return null
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
