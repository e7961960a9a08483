import { loadCompiled } from './compile/compiled.ts'
import { compiledFolder } from './compile/compiled-folder.ts'

type Cli = typeof import('./cli/cli.ts')

/** The command line: compiled, or its sources where nothing can be compiled, or where their lines are asked for. */
export async function loadCli(): Promise<Cli> {
  const folder = process.argv.includes('--stack') ? undefined : await compiledFolder()
  return folder === undefined
    ? import('./cli/cli.ts')
    : (loadCompiled(folder, url => import(url))['harness/cli/cli.ts']!() as Promise<Cli>)
}
