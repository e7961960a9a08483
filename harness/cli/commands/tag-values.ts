import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { tagValues } from '../../../lib/traceql/answers/tags.ts'
import { parseFieldName } from '../../../lib/traceql/engine/validate.ts'
import type { Field } from '../../../lib/traceql/language/ast.ts'
import { leftOutJson } from '../../open/left-out.ts'
import { readFilter } from '../../open/query-text.ts'
import { bytesRead, withSearchSource } from '../../open/search-source.ts'
import { plural, whole } from '../../text/format.ts'
import { text as column, tableOf } from '../../text/table.ts'
import { formatFlags, inputPositional, text } from '../flags.ts'
import { integer } from '../options.ts'
import { type Answer, jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface TagValuesArguments extends TableArguments {
  name: string | undefined
  in: string[] | undefined
  skipBad?: boolean | undefined
  query?: string | undefined
  limit?: number | undefined
}

const defaultLimit = 1000

export const tagValuesOf: CommandModule<object, TagValuesArguments> = {
  command: 'tag-values <name> <in..>',
  describe: 'List the distinct values of an attribute or intrinsic, with their types',
  builder: yargs =>
    yargs
      .positional('name', { describe: 'as in TraceQL: span.http.method, .http.method, name, status', type: 'string' })
      .positional('in', {
        ...inputPositional,
        describe: 'blockpack files and Tempo blocks, as they lie, or any captures',
      })
      .option('query', { ...text, describe: 'only those of spans that a search finds' })
      .option('limit', {
        ...text,
        describe: `values to list (default ${whole(defaultLimit)})`,
        coerce: integer('limit', 1, 1e6),
      })
      .option('skip-bad', formatFlags['skip-bad'])
      .options({ ...tableFlag, ...jsonFlag("answer as Tempo's v2 API does, and nothing else") })
      .example('$0 tag-values resource.service.name traces.bp', 'the services')
      .example("$0 tag-values name traces.bp --query '{ status = error }'", 'names of failed spans')
      .example("$0 tag-values span.http.method traces.bp --json | jq -r '.tagValues[].value'", 'for a program'),
  handler: async args => {
    const filter = readFilter('query', args.query)
    const limit = args.limit ?? defaultLimit
    const format = tableFormatOf(args)
    const field = readField(args.name!)
    const answer = await withSearchSource(
      args.in!,
      async ({ source, files, leftOut }): Promise<Answer> => {
        const found = await tagValues(source, field, { filter, limit })
        const metrics = { inspectedBytes: String(bytesRead(files)) }
        const table = tableOf(found, [column('type', ({ type }) => type), column('value', ({ value }) => value)])
        const isCut = found.length >= limit
        const end = isCut ? `the limit of ${plural(limit, 'value')} is reached` : plural(found.length, 'value')
        return {
          json: () => ({ tagValues: found, metrics, ...leftOutJson(leftOut) }),
          page: () => [table, end],
        }
      },
      { skipBad: args.skipBad },
    )
    show(answer, format)
  },
}

function readField(name: string): Field {
  try {
    return parseFieldName(name)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    const example =
      'attributes have a scope or a dot (span.http.method, .http.method), intrinsics have none (name, status)'
    throw new LabError('usage', `tag-values ${name}: this is no name of a field; ${example}`)
  }
}
