import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { printTrace } from '../../../lib/formats/ndjson/print.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { type Pattern, PatternStatistics } from '../../../lib/patterns/statistics.ts'
import { adjustedCount, heldThreshold } from '../../../lib/sampling/threshold.ts'
import { type LeftOut, leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { compareJson, comparePage, patternsJson, patternsPage } from '../../view/patterns.ts'
import { capturedFrom, type FormatArguments, formatFlags, inputPositional, text } from '../flags.ts'
import { integer, single } from '../options.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface PatternsArguments extends FormatArguments, TableArguments {
  in: string[] | undefined
  top?: number | undefined
  tree?: boolean | undefined
  template?: string | undefined
}

const defaultTop = 20
const maxInputs = 2

export const patterns: CommandModule<object, PatternsArguments> = {
  command: 'patterns <in..>',
  describe: 'The shapes of traces: the commonest with latency and errors, or what differs between two captures',
  builder: yargs =>
    yargs
      .usage(
        '$0 patterns <file>\n$0 patterns <a> <b>\n\nTraces of one shape have one template: a tree of service, name, kind and' +
          ' attribute keys, in which numbers in paths and literals of SQL are slots. Latency is that of the root. Of two' +
          ' captures: which templates are new, gone, slower, or fail more often, where chance does not explain it.',
      )
      .positional('in', { ...inputPositional, describe: 'a capture, or two to compare: files, folders or -' })
      .option('top', { ...text, describe: `templates to show (default ${defaultTop})`, coerce: integer('top', 1, 1e6) })
      .option('tree', { type: 'boolean', describe: 'show what each template looks like' })
      .option('template', {
        ...text,
        describe: 'show this one as a tree, by the first digits of its key',
        coerce: (given: unknown) => single('template', given),
      })
      .options({ ...formatFlags, ...tableFlag, ...jsonFlag('print the templates as JSON, and nothing else') })
      .example('$0 patterns traces.json.gz', 'the commonest templates')
      .example('$0 patterns traces.bp --template 3fa9', 'what one looks like')
      .example('$0 patterns monday.bp tuesday.bp', 'what is new, gone or slower on Tuesday'),
  handler: async args => {
    const format = tableFormatOf(args)
    const paths = args.in!
    if (paths.length > maxInputs)
      throw new LabError('usage', `${paths.length} captures: needs one, or two to compare; a folder counts as one`)
    if (paths.length === maxInputs && (args.tree || args.template !== undefined))
      throw new LabError('usage', `--${args.tree ? 'tree' : 'template'}: goes with one capture, not with two`)
    const read: Read[] = []
    for (const path of paths) read.push(await readPatterns(path, args))
    const [a, b] = read as [Read, Read | undefined]
    const top = args.top ?? defaultTop
    if (b === undefined) show(answerOne(a, top, args), format)
    else show(answerTwo(a, b, top), format)
    for (const { leftOut } of read) reportLeftOut(leftOut, args.skipBad)
  },
}

interface Read {
  readonly title: string
  readonly patterns: Pattern[]
  readonly leftOut: LeftOut
}

async function readPatterns(path: string, args: PatternsArguments): Promise<Read> {
  const source = capturedFrom([path], args)
  const statistics = new PatternStatistics()
  for await (const batch of source.traces)
    for (const trace of batch) statistics.add(trace, Buffer.byteLength(printTrace(trace)), weightOf(trace))
  return { title: source.title, patterns: statistics.patterns(), leftOut: leftOutOf(source) }
}

/** How many traces a trace represents, by what its first span says of its sampling. */
function weightOf({ traceId, spans }: Trace): number {
  const threshold = heldThreshold(traceId, spans[0]!.traceState)
  return threshold === undefined ? 1 : adjustedCount(threshold)
}

function answerOne({ title, patterns: all, leftOut }: Read, top: number, { tree, template }: PatternsArguments) {
  const chosen = template === undefined ? all : all.filter(one => one.template.key.startsWith(template.toLowerCase()))
  if (template !== undefined && chosen.length !== 1)
    throw new LabError(
      'missing',
      `--template ${template}: ${chosen.length === 0 ? 'no template of the capture has' : `${chosen.length} templates have`} such a key`,
    )
  const shown = chosen.slice(0, top)
  return {
    page: () => patternsPage(title, all, shown, tree === true || template !== undefined),
    json: () => ({ source: title, ...patternsJson(all, shown), ...leftOutJson(leftOut) }),
  }
}

function answerTwo(a: Read, b: Read, top: number) {
  const inputs = [a, b].map(({ title, leftOut }) => ({ source: title, ...leftOutJson(leftOut) }))
  return {
    page: () => comparePage([a.title, b.title], a.patterns, b.patterns, top),
    json: () => ({ inputs, ...compareJson(a.patterns, b.patterns) }),
  }
}
