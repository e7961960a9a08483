import type { CommandModule } from 'yargs'
import { sizingTable } from '../../lab/disk-space.ts'
import { runLab } from '../../lab/lab.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource, printProblems } from '../../view/report.ts'
import {
  candidatesFrom,
  progressFlag,
  progressFrom,
  type RowArguments,
  rowFlags,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
  text,
} from '../flags.ts'
import { integer, positive } from '../options.ts'
import { show, type TableArguments, tableFormatOf } from '../show.ts'

interface SizeArguments extends SourceArguments, RowArguments, TableArguments {
  spansPerDay?: number | undefined
  days?: number | undefined
  price?: number | undefined
  progress: boolean
}

const defaultDays = 30

export const size: CommandModule<object, SizeArguments> = {
  command: 'size',
  describe: 'What your traces would take in each format: GB a day, for the retention, and the cost',
  builder: yargs =>
    yargs
      .options(sourceFlags)
      .options(rowFlags)
      .option('spans-per-day', {
        ...text,
        describe: 'spans that you store a day',
        demandOption: true,
        coerce: integer('spans-per-day', 1, Number.MAX_SAFE_INTEGER),
      })
      .option('days', {
        ...text,
        describe: `retention in days (default ${defaultDays})`,
        coerce: integer('days', 1, 100_000),
      })
      .option('price', { ...text, describe: 'price of a GB-month', coerce: positive('price') })
      .options(progressFlag)
      .example('$0 size --input traces.json.gz --spans-per-day 5000000000 --price 0.023', 'five billion spans a day'),
  handler: async args => {
    const format = tableFormatOf(args)
    const source = sourceFrom(args)
    const candidates = await candidatesFrom(args)
    const run = await runLab({ source, candidates, rounds: 1, progress: progressFrom(args) })
    const plan = { spansPerDay: args.spansPerDay!, days: args.days ?? defaultDays, price: args.price }
    show({ page: () => [describeSource(source), sizingTable(run, plan), ...printProblems(run)] }, format)
    reportLeftOut(leftOutOf(source), args.skipBad)
    if (run.rows.some(row => row.problem !== null)) process.exitCode = 1
  },
}
