import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildFailure, stop } from 'esbuild'
import { bundleInto, compileStarts, phaseSources, threadStarts } from './bundle.ts'
import { cacheFolder, inventoryName, isWhole, root } from './compiled.ts'
import { writePages } from './page.ts'

const unusedMillis = 24 * 3_600_000

/** Compiles the programs and the phases into the folder; throws where a source or the disk does not let it. */
export async function compile(folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  removeUnused()
  const temporary = mkdtempSync(`${folder}-`)
  try {
    await compileInto(temporary)
    writeInventory(temporary)
    replace(folder, temporary)
  } finally {
    await stop()
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** A phase with errors of its own is left out: it becomes a problem of its own when its source is loaded. */
async function compileInto(folder: string): Promise<void> {
  const place = JSON.stringify(root)
  const phases = phaseSources()
  await bundleInto(folder, { place, phases }).catch(({ errors }: BuildFailure) => {
    const broken = new Set(errors.map(({ location }) => location?.file))
    return bundleInto(folder, { place, phases: phases.filter(path => !broken.has(path)) })
  })
  await compileStarts(folder, place, threadStarts)
  await writePages(folder)
}

function writeInventory(folder: string): void {
  const sizes = readdirSync(folder).map(name => [name, statSync(join(folder, name)).size])
  writeFileSync(join(folder, inventoryName), JSON.stringify(Object.fromEntries(sizes)))
}

/** Where another program was faster, its folder is as good. */
function replace(folder: string, temporary: string): void {
  if (existsSync(folder) && !isWhole(folder)) rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(temporary, folder)
  } catch (error) {
    if (!isWhole(folder)) throw error
  }
}

/** Removes what no program has started from for a day. */
function removeUnused(): void {
  for (const name of readdirSync(cacheFolder)) {
    const path = join(cacheFolder, name)
    const usedMillis = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (Date.now() - usedMillis > unusedMillis) rmSync(path, { recursive: true, force: true })
  }
}
