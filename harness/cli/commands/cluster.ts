import type { CommandModule } from 'yargs'
import { planCommand } from './cluster-plan.ts'

export const cluster: CommandModule = {
  command: 'cluster',
  describe: 'Say what a cluster for a load takes: processes, requests to the store and their price, bytes, memory',
  builder: yargs => yargs.command(planCommand).demandCommand(1, 'needs plan'),
  handler: () => {},
}
