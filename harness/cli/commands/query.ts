import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { readQuery } from '../../open/query-text.ts'
import { captureLimits, withSearchSource } from '../../open/search-source.ts'
import { whole } from '../../text/format.ts'
import { formatFlags, inputPositional, pathFlag, text } from '../flags.ts'
import { integer } from '../options.ts'
import { refuseInput } from '../output.ts'
import { answerRange, type RangeArguments } from '../query-range.ts'
import { answerSearch, type SearchArguments } from '../query-search.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { duration, time } from '../time-options.ts'

interface QueryArguments extends SearchArguments, RangeArguments, TableArguments {
  in: string[] | undefined
  skipBad?: boolean | undefined
}

const onlySearch = ['limit', 'spss'] as const
const onlyMetrics = ['step', 'svg', 'interval'] as const

export const query: CommandModule<object, QueryArguments> = {
  command: 'query <query> <in..>',
  describe: 'Ask a question in TraceQL: traces that match, or series over time',
  builder: yargs =>
    yargs
      .usage(
        '$0 query <query> <in..>\n\nAnswers a question in TraceQL. Blockpack files and blocks of Tempo are searched in' +
          ' place, any other captures are read whole; a trace with spans in several files is one trace, and equal spans' +
          ` count once. Captures are read up to ${captureLimits.maxBytes / 2 ** 20} MiB or` +
          ` ${whole(captureLimits.maxSpans)} spans.`,
      )
      .positional('query', { describe: "a search, '{ … }', or a metrics query, '{ … } | rate()'", type: 'string' })
      .positional('in', {
        ...inputPositional,
        describe: 'blockpack files and Tempo blocks, as they lie, or any captures',
      })
      .option('start', { ...text, describe: 'only from here: seconds, ns or RFC 3339', coerce: time('start') })
      .option('end', { ...text, describe: 'and before here (default both: all there is)', coerce: time('end') })
      .option('limit', {
        ...text,
        describe: 'traces to find, whichever come first; with(most_recent=true) the newest (default 20)',
        coerce: integer('limit', 1, 1e6),
      })
      .option('spss', { ...text, describe: 'spans to show a set (default 3)', coerce: integer('spss', 1, 1e6) })
      .option('step', { ...text, describe: "time from point to point (default as Tempo's)", coerce: duration('step') })
      .option('interval', {
        type: 'boolean',
        describe: 'after each series its bounds, between which the truth of sampled spans lies with 95 %',
      })
      .option('svg', pathFlag('svg', 'file for a picture of the series'))
      .option('skip-bad', formatFlags['skip-bad'])
      .options({ ...tableFlag, ...jsonFlag('answer as Tempo does, and nothing else') })
      .option('explain', { type: 'boolean', default: false, describe: 'tell how the answer was found' })
      .group(['start', 'end', 'skip-bad', 'format', 'json', 'explain'], 'Of any query:')
      .group([...onlySearch], 'Of a search:')
      .group([...onlyMetrics], 'Of a metrics query:')
      .example("$0 query '{ status = error }' traces.bp", 'traces with an error, newest first')
      .example("$0 query '{ span.http.status_code >= 500 && duration > 1s }' traces.bp --limit 5", 'slow failures')
      .example('$0 query \'{ resource.service.name = "a" } >> { kind = client }\' traces.bp', 'calls below a service')
      .example("$0 query '{ } | rate() by (resource.service.name)' traces.bp --svg rate.svg", 'spans a second')
      .example("$0 query '{ } | quantile_over_time(duration, .5, .99)' traces.bp --step 1m", 'latency by minute')
      .example("$0 query '{ status = error }' traces.bp --json | jq '.traces[].traceID'", 'for a program')
      .example('$0 query \'{ name = "GET /" }\' traces.bp --explain', 'what was read and pruned'),
  handler: async args => {
    const asked = readQuery(args.query!)
    const format = tableFormatOf(args)
    const { kind } = asked
    refuse(args, kind === 'search' ? onlyMetrics : onlySearch, kind)
    if (args.start !== undefined && args.end !== undefined && args.start >= args.end)
      throw new LabError('usage', `--start ${args.start} and --end ${args.end} ns: the end is not after the start`)
    if (args.svg !== undefined) await refuseInput('--svg', args.svg, args.in!)
    const answer = await withSearchSource(
      args.in!,
      opened => (kind === 'search' ? answerSearch(opened, asked, args) : answerRange(opened, asked, args)),
      args,
    )
    show(answer, format)
  },
}

/** Refuses flags that mean nothing to this kind of query. */
function refuse(args: QueryArguments, flags: readonly (keyof QueryArguments)[], kind: 'search' | 'metrics'): void {
  const wanted = kind === 'search' ? 'a metrics query' : 'a search'
  for (const flag of flags)
    if (args[flag] !== undefined)
      throw new LabError(
        'usage',
        `--${flag}: goes with ${wanted}, this is ${kind === 'search' ? 'a search' : 'a metrics query'}`,
      )
}
