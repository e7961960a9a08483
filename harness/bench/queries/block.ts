import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { LabError } from '../../../lib/error.ts'

const pathName = 'BENCH_PATH'
const tenantName = 'BENCH_TENANTID'
const blockName = 'BENCH_BLOCKID'
const defaultTenant = 'single-tenant'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The folder of the block that the environment names, as Tempo's benchmarks do: `BENCH_PATH/BENCH_TENANTID/BENCH_BLOCKID`.
 * What is not set there is taken from `.env` in the current folder. Undefined where nothing is set; `usage` where only
 * a part is, `missing` where there is no such folder.
 */
export async function blockOfEnvironment(given: Variables = process.env): Promise<string | undefined> {
  const variables = { ...(await readEnvFile()), ...given }
  const [path, tenant, block] = [pathName, tenantName, blockName].map(name => variables[name] || undefined)
  if (path === undefined && tenant === undefined && block === undefined) return undefined
  if (path === undefined || block === undefined) {
    const missing = [path === undefined ? pathName : '', block === undefined ? blockName : ''].filter(
      name => name !== '',
    )
    throw new LabError('usage', `${missing.join(' and ')}: not set; a block needs ${pathName} and ${blockName}`)
  }
  const folder = join(path, tenant ?? defaultTenant, block)
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory()) return folder
  throw new LabError('missing', `${folder}: no such folder (of ${pathName}, ${tenantName} and ${blockName})`)
}

/** The variables of `.env`; none where there is no such file, or none that can be read. */
async function readEnvFile(): Promise<Variables> {
  try {
    return parseEnv(await readFile('.env', 'utf8'))
  } catch {
    return {}
  }
}
