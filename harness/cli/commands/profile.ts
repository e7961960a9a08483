import type { CommandModule } from 'yargs'
import { leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { profilePage } from '../../view/profile/print.ts'
import { Profiler } from '../../view/profile/profile.ts'
import { describeSource } from '../../view/report.ts'
import { inputPositional, type SourceArguments, sourceFlags, sourceFrom } from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFormatOf } from '../show.ts'

interface ProfileArguments extends SourceArguments, TableArguments {
  in: string[] | undefined
}

export const profile: CommandModule<object, ProfileArguments> = {
  command: 'profile [in..]',
  describe: 'What traces look like: shape, attributes, cardinalities, times, bytes by field',
  builder: yargs =>
    yargs
      .positional('in', inputPositional)
      .options(sourceFlags)
      .options(jsonFlag('print the profile as JSON, and nothing else'))
      .example('$0 profile traces.json.gz', 'of your own traces')
      .example('$0 profile --size small', 'of generated ones'),
  handler: async args => {
    const format = tableFormatOf(args)
    const named = [...(args.in ?? []), ...(args.input ?? [])]
    const source = sourceFrom(named.length > 0 ? { ...args, input: named } : args)
    const profiler = new Profiler()
    for await (const batch of source.traces) for (const trace of batch) profiler.add(trace)
    const found = profiler.profile()
    const answer = {
      json: () => ({ source: source.title, ...found, ...leftOutJson(leftOutOf(source)) }),
      page: () => [describeSource(source), ...profilePage(found)],
    }
    show(answer, format)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
