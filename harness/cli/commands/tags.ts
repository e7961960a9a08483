import type { CommandModule } from 'yargs'
import { type TagScope, tagNames } from '../../../lib/traceql/answers/tags.ts'
import { leftOutJson } from '../../open/left-out.ts'
import { readFilter } from '../../open/query-text.ts'
import { bytesRead, withSearchSource } from '../../open/search-source.ts'
import { clean } from '../../text/names.ts'
import { printTerminal } from '../../text/table.ts'
import { formatFlags, inputPositional, text } from '../flags.ts'
import { oneOf } from '../options.ts'
import { stdoutSink } from '../stdout.ts'

interface TagsArguments {
  in: string[] | undefined
  skipBad?: boolean | undefined
  scope?: TagScope | undefined
  query?: string | undefined
  json: boolean
}

const scopes: readonly TagScope[] = ['resource', 'span', 'event', 'link', 'instrumentation', 'intrinsic']

export const tags: CommandModule<object, TagsArguments> = {
  command: 'tags <in..>',
  describe: 'List the attributes that can be queried, by scope, with the types of their values',
  builder: yargs =>
    yargs
      .positional('in', {
        ...inputPositional,
        describe: 'blockpack files and Tempo blocks, as they lie, or any captures',
      })
      .option('scope', { ...text, describe: `only one of ${scopes.join(', ')}`, coerce: oneOf('scope', scopes) })
      .option('query', { ...text, describe: 'only those of spans that a search finds' })
      .option('skip-bad', formatFlags['skip-bad'])
      .option('json', { type: 'boolean', default: false, describe: "answer as Tempo's v2 API does, and nothing else" })
      .example('$0 tags traces.bp', 'all, as a table')
      .example("$0 tags traces.bp --scope span --query '{ status = error }'", 'what failed spans carry')
      .example("$0 tags traces.bp --json | jq -r '.scopes[].tags[]'", 'for a program'),
  handler: async args => {
    const filter = readFilter('query', args.query)
    const shown = await withSearchSource(
      args.in!,
      async ({ source, files, leftOut }) => {
        const found = await tagNames(source, { scope: args.scope, filter })
        if (args.json)
          return JSON.stringify(
            { scopes: found, metrics: { inspectedBytes: String(bytesRead(files)) }, ...leftOutJson(leftOut) },
            null,
            2,
          )
        const types = new Map((await source.attributeNames()).map(name => [`${name.scope}.${name.key}`, name.types]))
        return printTerminal({
          headers: ['scope', 'name', 'types'],
          aligns: ['left', 'left', 'left'],
          rows: found.flatMap(({ name, tags }) =>
            tags.map(tag => [name, clean(tag), (types.get(`${name}.${tag}`) ?? []).join(', ')]),
          ),
        })
      },
      { skipBad: args.skipBad },
    )
    await stdoutSink.write(Buffer.from(`${shown}\n`))
  },
}
