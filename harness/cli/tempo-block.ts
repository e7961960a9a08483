import type { Options } from 'yargs'
import { LabError } from '../../lib/error.ts'
import type { DedicatedColumn, Version } from '../../lib/formats/vparquet/meta.ts'
import { parseDedicatedColumn, parseDedicatedColumns } from '../../lib/formats/vparquet/settings.ts'
import { writeBlock } from '../../lib/formats/vparquet/writer/block.ts'
import { joinById } from '../../lib/import/sort.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { probeFolder } from '../../lib/storage/folder.ts'
import { folderStore } from '../../lib/storage/folder-store.ts'
import { checkKey } from '../../lib/storage/store.ts'
import { readConfig } from './blockpack-flags.ts'
import { text } from './flags.ts'
import { list, single } from './options.ts'

/** What `--to` calls the versions of Tempo's blocks. */
export const blockVersions: Readonly<Record<string, Version>> = { vparquet4: 'vParquet4', vparquet5: 'vParquet5' }

/** How to write a block of Tempo, beside `--config`. */
export const tempoBlockFlags = {
  tenant: {
    ...text,
    describe: 'tenant of the block (default single-tenant)',
    coerce: (given: unknown) => asUsage('tenant', () => tenantId(single('tenant', given))),
  },
  'dedicated-columns': {
    ...text,
    describe: 'attributes with columns of their own: resource.k8s.pod.name, span.http.status_code:int, …',
    coerce: (given: unknown) =>
      asUsage('dedicated-columns', () => list('dedicated-columns')(given)?.map(parseDedicatedColumn)),
  },
} as const satisfies Record<string, Options>

export interface TempoBlockArguments {
  tenant?: string | undefined
  dedicatedColumns?: DedicatedColumn[] | undefined
  config?: string | undefined
}

/** Writes the traces as a block in a folder, and returns the folder of the block. */
export async function writeTempoBlock(
  traces: AsyncIterable<readonly Trace[]>,
  folder: string,
  version: Version,
  args: TempoBlockArguments,
): Promise<string> {
  const dedicatedColumns = await dedicatedFrom(args)
  const tenantId = single('tenant', args.tenant) ?? 'single-tenant'
  if (folder === '-') throw new LabError('usage', '--out -: a block is a folder of several files, so name one')
  probeFolder(folder)
  const place = { store: folderStore(folder), tenantId }
  return `${folder}/${await writeBlock(joinById(traces), place, { version, dedicatedColumns })}`
}

/** A flag before the file. */
async function dedicatedFrom({ dedicatedColumns, config }: TempoBlockArguments): Promise<DedicatedColumn[]> {
  if (dedicatedColumns) return dedicatedColumns
  if (config === undefined) return []
  return parseDedicatedColumns(await readConfig(config), config)
}

/** A tenant is the first part of the keys of its blocks. */
function tenantId(text: string | undefined): string | undefined {
  if (text?.includes('/')) throw new LabError('invalid', `${JSON.stringify(text)}: has a slash`)
  if (text !== undefined) checkKey(text)
  return text
}

/** What a flag's text means; what is wrong with it is a wrong call of the command. */
function asUsage<T>(flag: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof LabError && error.kind !== 'usage'
      ? new LabError('usage', `--${flag}: ${error.message}`, { cause: error })
      : error
  }
}
