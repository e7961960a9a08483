import type { CommandModule } from 'yargs'
import { whatIfCommand } from './sample-what-if.ts'

export const sample: CommandModule = {
  command: 'sample <what>',
  describe: 'What samples of traces keep and lose',
  builder: yargs => yargs.command(whatIfCommand).demandCommand(1, 'sample: say which: what-if'),
  handler: () => {},
}
