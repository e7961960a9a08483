import { basename } from 'node:path'
import type { CommandModule } from 'yargs'
import { withSubject } from '../../../lib/error.ts'
import { type BlockpackFacts, inspectBlockpack } from '../../../lib/formats/blockpack/inspect.ts'
import { withBlocks } from '../../open/blockpack-files.ts'
import { factsPage, toJson } from '../../view/block-facts.ts'
import { textPositional } from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface InspectArguments extends TableArguments {
  file: string | undefined
}

export const inspect: CommandModule<object, InspectArguments> = {
  command: 'inspect <file>',
  describe: 'Show where the bytes of a blockpack file go, by part and by column, and how each is encoded',
  builder: yargs =>
    yargs
      .positional('file', { ...textPositional, describe: 'blockpack file' })
      .options({ ...tableFlag, ...jsonFlag('print the facts as JSON, and nothing else') })
      .example('$0 inspect traces.bp', 'parts and columns as tables')
      .example("$0 inspect traces.bp --json | jq '.columns[0]'", 'the largest column, for a program'),
  handler: async args => {
    const path = args.file!
    const format = tableFormatOf(args)
    const facts = await withBlocks([path], ([file]) =>
      inspectBlockpack(file!).catch((error): BlockpackFacts => {
        throw withSubject(path, error)
      }),
    )
    const file = basename(path)
    show({ json: () => ({ file, ...toJson(facts) }), page: () => factsPage(file, facts) }, format)
  },
}
