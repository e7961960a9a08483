import { basename } from 'node:path'
import type { CommandModule } from 'yargs'
import { LabError, naming, withSubject } from '../../../lib/error.ts'
import { type BlockpackFacts, inspectBlockpack } from '../../../lib/formats/blockpack/inspect.ts'
import { isParquet } from '../../../lib/formats/parquet.ts'
import { type Dealing, dealings } from '../../../lib/formats/stored/stored.ts'
import { isSpanTable, storedBytes } from '../../../lib/formats/stored-file.ts'
import { readBlockFile } from '../../../lib/formats/vparquet/block.ts'
import { blockBeside, readMeta } from '../../../lib/formats/vparquet/format.ts'
import { inspectVparquet } from '../../../lib/formats/vparquet/inspect.ts'
import { listDirectory } from '../../../lib/storage/files.ts'
import { fileBegins, withBlocks, withFiles } from '../../open/blockpack-files.ts'
import { whole } from '../../text/format.ts'
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
        describe: 'blockpack file, or a block of Tempo: its data.parquet or a folder; with --by also others',
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
      .example('$0 inspect store', 'with dedicated columns that would save bytes')
      .example('$0 inspect traces.bp --by service', 'whose spans take how much of what is stored')
      .example("$0 inspect traces.bp --json | jq '.columns[0]'", 'the largest column, for a program'),
  handler: async args => {
    const path = await fileAt(args.file!)
    const format = tableFormatOf(args)
    const place = { path, isListed: path !== args.file }
    if (args.by !== undefined) return inspectBy(args.by, place, format)
    if (await fileBegins(path, isParquet)) return inspectTempo(place, format)
    const facts = await withBlocks([path], ([file]) =>
      inspectBlockpack(file!).catch((error): BlockpackFacts => {
        throw withSubject(path, error)
      }),
    )
    const file = basename(path)
    show({ json: () => ({ file, ...toJson(facts) }), page: () => factsPage(file, facts) }, format)
  },
}

/** The file that a path names: itself, or the only one below a folder, as the data of a block of Tempo. */
async function fileAt(path: string): Promise<string> {
  const files = await naming(path, () => listDirectory(path))
  if (files === undefined) return path
  if (files.length === 1) return files[0]!
  const what = files.length === 0 ? 'no file' : `${whole(files.length)} files; name one, as ${files[0]}`
  throw new LabError('invalid', `${path}: holds ${what}`)
}

/** A file, and whether the folder that it is in was named. */
interface Place {
  readonly path: string
  readonly isListed: boolean
}

async function inspectTempo(place: Place, format: TableFormat): Promise<void> {
  const { path, isListed } = place
  const facts = await withFiles([path], ([file]) =>
    naming(path, async () => {
      const opened = await readBlockFile(file!, await readMeta(path))
      return isSpanTable(opened.footer) ? undefined : inspectVparquet(blockBeside(opened, path, isListed))
    }),
  )
  if (facts === undefined) return inspectBy('attribute', place, format)
  const file = basename(path)
  show({ json: () => ({ file, ...facts }), page: () => tempoFactsPage(file, facts) }, format)
}

/** Lines of a terminal that a table leaves: around it, and for the next prompt. */
const otherLines = 8

async function inspectBy(dealing: Dealing, place: Place, format: TableFormat): Promise<void> {
  const { path, isListed } = place
  const facts = await withFiles([path], ([file]) => naming(path, () => storedBytes(file!, path, dealing, isListed)))
  const file = basename(path)
  const { height = Number.POSITIVE_INFINITY } = format === 'table' ? screenOf(process.stdout) : {}
  const maxRows = Math.max(otherLines, height - otherLines)
  show(
    { json: () => ({ file, ...storedJson(facts, dealing) }), page: () => storedPage(file, facts, dealing, maxRows) },
    format,
  )
}
