import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { startWorkersFrom } from '../../lib/workers/start.ts'

/**
 * The harness and the phases are compiled once for all starts, into a folder of node_modules/.cache that is named after
 * the content of all sources: changed sources have another folder. It appears whole or not at all, so several programs
 * can start at once.
 */

/** The modules of the compiled code by the path of their source, each evaluated when it is first loaded. */
export type Modules = Readonly<Record<string, () => Promise<unknown>>>

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
export const cacheFolder: string = join(root, 'node_modules/.cache/trace-storage-lab')
export const codeName = 'lab.cjs'
/** What a thread runs first, beside the compiled code. */
export const workerStart = 'start-worker'
/** Names the files of a compiled folder with their sizes; written last. */
export const inventoryName = 'inventory.json'

/** Imports a source that was not compiled. */
type Import = (url: string) => Promise<unknown>

interface Compiled {
  folder: string
  modules: Modules
  /** The sources below phases/ when it was compiled. */
  phases: readonly string[]
  /** True for the code of the package, false for that of a checkout. */
  isInstalled: boolean
  importUrl: Import
}

let running: Compiled | undefined

/** Called first by the compiled code, never by the sources: from now on its modules stand for theirs. */
export function enterCompiled(compiled: Compiled): Modules {
  running = compiled
  startWorkersFrom(join(compiled.folder, `${workerStart}.cjs`))
  return compiled.modules
}

/** The folder of the compiled code that is running; undefined in the sources. */
export function runningFolder(): string | undefined {
  return running?.folder
}

/** True in the package, false in a checkout. */
export function isInstalled(): boolean {
  return running?.isInstalled === true
}

/** The command as its user calls it. */
export function commandName(): string {
  return isInstalled() ? basename(process.argv[1]!, '.cjs') : 'npx tsx main.ts'
}

/** Where a folder of the user's files is: in the checkout, or where the installed command is called. */
export function userFolder(name: string): string {
  return join(isInstalled() ? process.cwd() : root, name)
}

/** The names of the files in phases/, as of when the running code was compiled. */
export function phaseFiles(): string[] {
  const paths = running?.phases ?? sourcesBelow('phases')
  return paths.map(path => path.slice('phases/'.length))
}

/** Imports a source file, or what it was compiled to when this code is compiled too. */
export function importSource(path: string): Promise<unknown> {
  const compiled = running?.modules[relative(root, path)]
  const importUrl = running?.importUrl ?? (url => import(url))
  return compiled ? compiled() : importUrl(pathToFileURL(path).href)
}

/** False where a file is missing or cut short, as after a crash of the machine. */
export function isWhole(folder: string): boolean {
  try {
    const inventory: Record<string, number> = JSON.parse(readFileSync(join(folder, inventoryName), 'utf8'))
    return Object.entries(inventory).every(([name, byteLength]) => statSync(join(folder, name)).size === byteLength)
  } catch {
    return false
  }
}

/** Loads the compiled code, with what V8 remembers of it from an earlier start of the same version of Node. */
export function loadCompiled(folder: string, importUrl: Import): Modules {
  const path = join(folder, codeName)
  const memory = `${path}-${process.version}`
  const cachedData = existsSync(memory) ? readFileSync(memory) : undefined
  const code = `(function (exports, require, module, __dirname, importUrl) {${readFileSync(path, 'latin1')}\n})`
  const script = new Script(code, { filename: path, ...(cachedData ? { cachedData } : {}) })
  if (!cachedData || script.cachedDataRejected) process.once('exit', () => remember(script, memory))
  const module = { exports: {} as { modules: Modules } }
  script.runInThisContext()(module.exports, createRequire(path), module, folder, importUrl)
  return module.exports.modules
}

function remember(script: Script, path: string): void {
  const temporary = `${path}-${process.pid}`
  try {
    writeFileSync(temporary, script.createCachedData())
    renameSync(temporary, path)
  } catch {
    // The next start is as fast as this one.
  }
}

/** The source files below a folder of the lab, by their paths from its root. */
export function sourcesBelow(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter(name => /\.(?:tsx?|css)$/.test(name))
    .sort()
    .map(name => `${folder}/${name}`)
}
