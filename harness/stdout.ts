import type { ByteSink } from '../lib/bytes/range.ts'

/** Standard output as a sink, at the pace of its reader. */
export const stdoutSink: ByteSink = {
  write: chunk =>
    new Promise((resolve, reject) => process.stdout.write(chunk, error => (error ? reject(error) : resolve()))),
}
