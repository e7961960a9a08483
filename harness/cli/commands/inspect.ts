import { basename, join } from 'node:path'
import type { CommandModule } from 'yargs'
import { naming, withSubject } from '../../../lib/error.ts'
import { type BlockpackFacts, inspectBlockpack } from '../../../lib/formats/blockpack/inspect.ts'
import { isParquet } from '../../../lib/formats/parquet.ts'
import { type Dealing, dealings } from '../../../lib/formats/stored/stored.ts'
import { isSpanTable, storedBytes } from '../../../lib/formats/stored-file.ts'
import { openBeside } from '../../../lib/formats/vparquet/format.ts'
import { inspectVparquet } from '../../../lib/formats/vparquet/inspect.ts'
import { blockData } from '../../../lib/storage/files.ts'
import { fileBegins, withBlocks, withFiles } from '../../open/blockpack-files.ts'
import type { TableFormat } from '../../text/page.ts'
import { screenOf } from '../../text/screen.ts'
import { factsPage, toJson } from '../../view/block-facts.ts'
import { storedJson, storedPage } from '../../view/stored-page.ts'
import { tempoFactsPage } from '../../view/tempo-facts.ts'
import { textPositional } from '../flags.ts'
import { choice } from '../options.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface InspectArguments extends TableArguments {
  file: string | undefined
  by?: Dealing | undefined
}

export const inspect: CommandModule<object, InspectArguments> = {
  command: 'inspect <file>',
  describe: 'Show where the bytes of a file go: by part and column, or by attribute, service or operation',
  builder: yargs =>
    yargs
      .positional('file', {
        ...textPositional,
        describe: 'blockpack file, or a block of Tempo: its data.parquet or its folder; with --by also others',
      })
      .options({
        by: choice(
          'by',
          dealings,
          'deal all stored bytes out; also of columnar files (default of tables in Parquet: attribute)',
        ),
        ...tableFlag,
        ...jsonFlag('print the facts as JSON, and nothing else'),
      })
      .example('$0 inspect traces.bp', 'parts and columns as tables')
      .example('$0 inspect store/single-tenant/<id>', 'with dedicated columns that would save bytes')
      .example('$0 inspect traces.bp --by service', 'whose spans take how much of what is stored')
      .example("$0 inspect traces.bp --json | jq '.columns[0]'", 'the largest column, for a program'),
  handler: async args => {
    const path = args.file!
    const format = tableFormatOf(args)
    const data = await tempoData(path)
    if (args.by !== undefined) return inspectBy(args.by, data ?? path, format)
    if (data !== undefined) return inspectTempo(data, format, data !== path)
    const facts = await withBlocks([path], ([file]) =>
      inspectBlockpack(file!).catch((error): BlockpackFacts => {
        throw withSubject(path, error)
      }),
    )
    const file = basename(path)
    show({ json: () => ({ file, ...toJson(facts) }), page: () => factsPage(file, facts) }, format)
  },
}

/** The data of a block of Tempo that a path names; undefined for any other file. */
async function tempoData(path: string): Promise<string | undefined> {
  const inFolder = join(path, blockData)
  if (await fileBegins(inFolder, isParquet)) return inFolder
  return (await fileBegins(path, isParquet)) ? path : undefined
}

async function inspectTempo(path: string, format: TableFormat, isListed: boolean): Promise<void> {
  if (await withFiles([path], ([file]) => naming(path, () => isSpanTable(file!))))
    return inspectBy('attribute', path, format)
  const facts = await withFiles([path], ([file]) =>
    naming(path, async () => inspectVparquet(await openBeside(file!, path, isListed))),
  )
  const file = basename(path)
  show({ json: () => ({ file, ...facts }), page: () => tempoFactsPage(file, facts) }, format)
}

/** Lines of a terminal that a table leaves: around it, and for the next prompt. */
const otherLines = 8

async function inspectBy(dealing: Dealing, path: string, format: TableFormat): Promise<void> {
  const facts = await withFiles([path], ([file]) => naming(path, () => storedBytes(file!, path, dealing)))
  const file = basename(path)
  const { height = Number.POSITIVE_INFINITY } = format === 'table' ? screenOf(process.stdout) : {}
  const maxRows = Math.max(otherLines, height - otherLines)
  show(
    { json: () => ({ file, ...storedJson(facts, dealing) }), page: () => storedPage(file, facts, dealing, maxRows) },
    format,
  )
}
