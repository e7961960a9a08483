import { basename } from 'node:path'
import type { CommandModule } from 'yargs'
import { withSubject } from '../../../lib/error.ts'
import { type BlockpackFacts, inspectBlockpack } from '../../../lib/formats/blockpack/inspect.ts'
import { withBlocks } from '../../open/blockpack-files.ts'
import { printFacts, toJson } from '../../view/block-facts.ts'
import { textPositional } from '../flags.ts'

interface InspectArguments {
  file: string | undefined
  json: boolean
}

export const inspect: CommandModule<object, InspectArguments> = {
  command: 'inspect <file>',
  describe: 'Show where the bytes of a blockpack file go, by part and by column, and how each is encoded',
  builder: yargs =>
    yargs
      .positional('file', { ...textPositional, describe: 'blockpack file' })
      .option('json', { type: 'boolean', default: false, describe: 'print the facts as JSON, and nothing else' })
      .example('$0 inspect traces.bp', 'parts and columns as tables')
      .example("$0 inspect traces.bp --json | jq '.columns[0]'", 'the largest column, for a program'),
  handler: async args => {
    const path = args.file!
    const facts = await withBlocks([path], ([file]) =>
      inspectBlockpack(file!).catch((error): BlockpackFacts => {
        throw withSubject(path, error)
      }),
    )
    if (args.json) process.stdout.write(`${JSON.stringify({ file: basename(path), ...toJson(facts) }, null, 2)}\n`)
    else console.log(printFacts(basename(path), facts))
  },
}
