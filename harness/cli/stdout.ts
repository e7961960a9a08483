import type { ByteSink } from '../../lib/bytes/range.ts'

/** Standard output as a sink, at the pace of its reader. A write that fails never returns: the process ends (cli.ts). */
export const stdoutSink: ByteSink = {
  write: chunk =>
    new Promise(resolve => {
      process.stdout.write(chunk, error => {
        if (!error) resolve()
      })
    }),
}
