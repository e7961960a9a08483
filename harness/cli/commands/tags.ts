import type { CommandModule } from 'yargs'
import { type TagScope, tagNames } from '../../../lib/traceql/answers/tags.ts'
import { leftOutJson } from '../../open/left-out.ts'
import { readFilter } from '../../open/query-text.ts'
import { bytesRead, withSearchSource } from '../../open/search-source.ts'
import { text as column, tableOf } from '../../text/table.ts'
import { formatFlags, inputPositional, text } from '../flags.ts'
import { choice } from '../options.ts'
import { type Answer, jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface TagsArguments extends TableArguments {
  in: string[] | undefined
  skipBad?: boolean | undefined
  scope?: TagScope | undefined
  query?: string | undefined
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
      .option('scope', choice('scope', scopes, 'only those of this scope'))
      .option('query', { ...text, describe: 'only those of spans that a search finds' })
      .option('skip-bad', formatFlags['skip-bad'])
      .options({ ...tableFlag, ...jsonFlag("answer as Tempo's v2 API does, and nothing else") })
      .example('$0 tags traces.bp', 'all, as a table')
      .example("$0 tags traces.bp --scope span --query '{ status = error }'", 'what failed spans carry')
      .example("$0 tags traces.bp --json | jq -r '.scopes[].tags[]'", 'for a program'),
  handler: async args => {
    const filter = readFilter('query', args.query)
    const format = tableFormatOf(args)
    const answer = await withSearchSource(
      args.in!,
      async ({ source, files, leftOut }): Promise<Answer> => {
        const found = await tagNames(source, { scope: args.scope, filter })
        const types = new Map((await source.attributeNames()).map(name => [`${name.scope}.${name.key}`, name.types]))
        const rows = found.flatMap(({ name: scope, tags }) => tags.map(tag => ({ scope, tag })))
        const metrics = { inspectedBytes: String(bytesRead(files)) }
        return {
          json: () => ({ scopes: found, metrics, ...leftOutJson(leftOut) }),
          page: () => [
            tableOf(rows, [
              column('scope', ({ scope }) => scope),
              column('name', ({ tag }) => tag, { keep: 1 }),
              column('types', ({ scope, tag }) => (types.get(`${scope}.${tag}`) ?? []).join(', ')),
            ]),
            ...(rows.length > 0 ? [] : ['no attributes']),
          ],
        }
      },
      { skipBad: args.skipBad },
    )
    show(answer, format)
  },
}
