import type { CommandModule } from 'yargs'
import { kernelTable, measureKernels } from '../../bench/kernels.ts'
import { progressFlag } from '../flags.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

export const kernels: CommandModule<object, TableArguments & { progress: boolean }> = {
  command: 'kernels',
  describe: 'Values per second and bits per value of each kernel',
  builder: yargs => yargs.options({ ...progressFlag, ...tableFlag }),
  handler: async args => {
    const format = tableFormatOf(args)
    const results = await measureKernels(name => args.progress && process.stderr.write(`${name}\n`))
    show({ page: () => [kernelTable(results)] }, format)
  },
}
