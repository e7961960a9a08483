import { createHash } from 'node:crypto'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, isWhole, root, runningFolder, sourcesBelow } from './compiled.ts'

const sourceFolders = ['harness', 'phases', 'generator', 'lib']

let finding: Promise<string | undefined> | undefined

/**
 * The folder of the compiled code, compiled first where it is missing; undefined where that is not possible. Found once:
 * of two compilations in one process the first to end would take the compiler from the other.
 */
export function compiledFolder(): Promise<string | undefined> {
  finding ??= findCompiled()
  return finding
}

async function findCompiled(): Promise<string | undefined> {
  const running = runningFolder()
  if (running !== undefined) return running
  const folder = join(cacheFolder, sourceHash())
  try {
    if (!isWhole(folder)) await (await import('./compile.ts')).compile(folder)
    utimesSync(folder, new Date(), new Date())
  } catch {
    return isWhole(folder) ? folder : undefined
  }
  return folder
}

/** Of the place, since paths in the code are absolute, of what npm has installed, and of all source files. */
function sourceHash(): string {
  const hash = createHash('sha256').update(root)
  const installed = join(root, 'node_modules/.package-lock.json')
  if (existsSync(installed)) hash.update(readFileSync(installed))
  for (const path of sourceFolders.flatMap(sourcesBelow)) {
    const content = readFileSync(join(root, path))
    hash.update(`${path} ${content.length} `).update(content)
  }
  return hash.digest('hex').slice(0, 32)
}
