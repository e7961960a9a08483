import type { CommandModule } from 'yargs'
import { writeText } from '../../../lib/storage/local-write.ts'
import { readMeasurement } from '../../lab/run-files.ts'
import { renderHtml } from '../../report/html.ts'
import { paths, text } from '../flags.ts'

interface ReportArguments {
  runs: string[] | undefined
  out: string
}

export const report: CommandModule<object, ReportArguments> = {
  command: 'report <runs..>',
  describe: 'Make one page of HTML of runs and benches: tables, pictures, comparisons',
  builder: yargs =>
    yargs
      .positional('runs', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'files of runs, as they are in results/runs',
        coerce: paths('runs'),
      })
      .option('out', { ...text, demandOption: true, describe: 'the page' })
      .example('$0 report results/runs/*.json --out page.html', 'needs no network; opens from a file or an attachment'),
  handler: async ({ runs, out }) => {
    const read = await Promise.all(runs!.map(readMeasurement))
    await writeText(out, await renderHtml(read, 'Trace Storage Lab'))
  },
}
