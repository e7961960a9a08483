import type { CommandModule } from 'yargs'
import { keepCommand } from './sample-keep.ts'
import { whatIfCommand } from './sample-what-if.ts'

export const sample: CommandModule = {
  command: 'sample',
  describe: 'Keep some traces, whole and weighted; or say what a policy would keep and lose',
  builder: yargs => yargs.command(keepCommand).command(whatIfCommand),
  handler: () => {},
}
