import type { CommandModule } from 'yargs'
import { kernelTable, measureKernels } from '../../bench/kernels.ts'
import { printTerminal } from '../../text/table.ts'
import { progressFlag } from '../flags.ts'

export const kernels: CommandModule<object, { progress: boolean }> = {
  command: 'kernels',
  describe: 'Values per second and bits per value of each kernel',
  builder: yargs => yargs.options(progressFlag),
  handler: async ({ progress }) => {
    const results = await measureKernels(name => progress && process.stderr.write(`${name}\n`))
    console.log(printTerminal(kernelTable(results)))
  },
}
